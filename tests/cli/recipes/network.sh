# SPDX-License-Identifier: MIT
seq 5000 | cmp - arrived.txt
