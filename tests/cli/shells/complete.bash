# complete.bash SCRIPT LINE: what bash offers behind LINE, each in a line of its own.
# SPDX-License-Identifier: MIT
. "$1"
COMP_LINE=$2
COMP_POINT=${#2}
$(complete -p ringmain | sed 's/.*-F \([^ ]*\).*/\1/') ringmain
for candidate in "${COMPREPLY[@]}"; do printf '%s\n' "$candidate"; done
