# Order 1 went to the founder; 4 fails three times, and doesn't count.
# SPDX-License-Identifier: MIT
[ "$(sort tried.txt | tr '\n' ' ')" = "2 3 4 4 4 5 " ] || [ "$(sort tried.txt | tr '\n' ' ')" = "2 3 4 4 5 " ]
