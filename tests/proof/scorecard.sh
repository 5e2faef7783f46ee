#!/bin/sh
# scorecard.sh LOG: what the proof did. LOG is ctest's (`--output-log`, `-V`): tests print lines of the form
# "PROOF row subject: 412 instructions, 412 kills, 0 bad". Each subject is shown, and for each row the sums.
# SPDX-License-Identifier: MIT
set -eu

grep -q 'PROOF [^ ]' "$1" || { echo "scorecard: no test of $1 tells what it proved" >&2; exit 1; }
sed -n 's/^.*PROOF \([^ ].*\)$/\1/p' "$1" | sort -u | awk '
  # Keeps the order in which units are first met.
  function add(row, unit, count) {
    if (!((row, unit) in sum)) units[row] = units[row] (units[row] == "" ? "" : "\n") unit
    sum[row, unit] += count
  }
  function totals(row, text, names, n, i) {
    n = split(units[row], names, "\n")
    for (i = 1; i <= n; ++i) text = text (i > 1 ? ", " : "") sprintf("%.0f", sum[row, names[i]]) " " names[i]
    return text
  }
  function close_row() {
    if (row != "" && subjects > 1) printf "  %-44s %s\n", "in all", totals(row)
  }
  {
    colon = index($0, ": ")
    if (colon == 0) next
    head = substr($0, 1, colon - 1)
    counts = substr($0, colon + 2)
    space = index(head, " ")
    name = space ? substr(head, 1, space - 1) : head
    subject = space ? substr(head, space + 1) : "all"
    if (name != row) {
      close_row()
      row = name
      subjects = 0
      print row
    }
    ++subjects
    printf "  %-44s %s\n", subject, counts
    n = split(counts, parts, ", ")
    for (i = 1; i <= n; ++i) {
      if (match(parts[i], /^[0-9]+ /)) add(row, substr(parts[i], RLENGTH + 1), substr(parts[i], 1, RLENGTH - 1))
    }
  }
  END { close_row() }'
