# SPDX-License-Identifier: MIT
echo 1000000 | cmp - greatest.txt
[ "$(wc -l < seen.txt)" -ge 3 ]
python3 -c 'import json; assert json.load(open("state.json"))[0]["messages"] == 1000000'
