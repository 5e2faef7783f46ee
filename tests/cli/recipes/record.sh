# SPDX-License-Identifier: MIT
seq 101 500 | cmp - replayed.txt
