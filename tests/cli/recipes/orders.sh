# Order 4 fails three times.
# SPDX-License-Identifier: MIT
[ "$(sort tried.txt | tr '\n' ' ')" = "1 2 3 4 4 4 5 " ]
grep -q 'passed over after 3 tries' failures.txt
echo 'ended with 3' | cmp - output.txt
