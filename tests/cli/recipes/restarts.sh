# SPDX-License-Identifier: MIT
(seq -f 'mon %g' 10; seq -f 'tue %g' 10; seq -f 'wed %g' 10) | cmp - stream.txt
echo 'ended with 12' | cmp - output.txt
