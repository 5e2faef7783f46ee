# needs: unshare
# SPDX-License-Identifier: MIT
seq 1000 | cmp - received.txt
