# needs: jq
# SPDX-License-Identifier: MIT
seq -f '"%g"' 10 10 100 | cmp - errors.txt
[ "$(jq -c . counts.json)" = '{"error":10,"info":90}' ]
