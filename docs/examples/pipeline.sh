# A pipeline with two ends: what one process publishes, line by line, two others receive, each all of it.
# The command-line tool does for shell scripts what the library does for programs.
# SPDX-License-Identifier: MIT
set -eu
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

ringmain sub numbers --lines --wait | wc -l > "$results/count" &
count=$!
ringmain sub numbers --lines --wait | awk '{ sum += $1 } END { print sum }' > "$results/sum" &
sum=$!

seq 10000 | ringmain pub numbers --lines --wait-for 2  # begins when both are there
wait "$count"
wait "$sum"
ringmain rm numbers

echo "$(cat "$results/count") numbers, their sum is $(cat "$results/sum")"
test "$(cat "$results/count")" -eq 10000
test "$(cat "$results/sum")" -eq 50005000
