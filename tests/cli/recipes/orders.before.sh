# SPDX-License-Identifier: MIT
seq 5 > orders.txt
printf '#!/bin/sh\nread -r order\necho "$order" >> tried.txt\n[ "$order" != 4 ]\n' > bill
chmod +x bill
