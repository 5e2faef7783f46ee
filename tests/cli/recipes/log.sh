# SPDX-License-Identifier: MIT
seq -f '%g ERROR' 100 100 1000 | cmp - errors.txt
printf '998\n999\n1000 ERROR\n' | cmp - last.txt
