# Whole frames, in order, the newest at the end; the others were counted.
# SPDX-License-Identifier: MIT
sort -nu shown.txt | cmp - shown.txt
[ "$(tail -n 1 shown.txt)" -eq 299 ]
[ "$(wc -l < shown.txt)" -gt 5 ]
