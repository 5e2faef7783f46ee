# complete.fish SCRIPT LINE: what fish offers behind LINE, each in a line of its own.
# SPDX-License-Identifier: MIT
source $argv[1]
complete -C $argv[2] | string replace -r '\t.*' ''
