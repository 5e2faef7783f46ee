#!/bin/sh
# labels.sh PROJECT: the labels of memory orders ("// [T1] release: pairs with [T2]. ...") are consistent. Each has a partner
# that names it back, and a row in docs/memory_ordering.md with the same partners; the tests that a row names exist; and
# those of the algorithm are tried under the weak-memory checker.
# Prints what is wrong; 1 if anything is.
# SPDX-License-Identifier: MIT
set -eu
cd "$1"
page=docs/memory_ordering.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# LABEL PARTNER, for each comment that begins with a label; LABEL alone if it names no partner.
find core -name '*.[ch]pp' | sort | xargs awk '
  function labels_in(text) {
    found = ""
    while (match(text, /\[[A-Z][0-9]\]/)) {
      found = found " " substr(text, RSTART + 1, 2)
      text = substr(text, RSTART + 4)
    }
    return found
  }
  function flush() {
    if (label == "") return
    partners = match(block, /[Pp]airs? with [^.:;]*/) ? labels_in(substr(block, RSTART, RLENGTH)) : ""
    print label
    count = split(partners, each, " ")
    for (i = 1; i <= count; ++i) print label, each[i]
    label = ""
  }
  FNR == 1 { flush() }
  {
    start = index($0, "//")
    comment = start == 0 ? "" : substr($0, start + 2)
    sub(/^ */, "", comment)
    if (comment ~ /^\[[A-Z][0-9]\]/) {
      flush()
      label = substr(comment, 2, 2)
      block = substr(comment, 5)
    } else if (label != "" && $0 ~ /^ *\/\//) {
      block = block " " comment
    } else {
      flush()
    }
  }
  END { flush() }' | sort -u > "$work/code"

grep -oh '\[[A-Z][0-9]\]' -r core | tr -d '[]' | sort -u > "$work/used"

# The same of the table, and TEST SUITE NAME.
awk -F'|' '
  $2 ~ /^ [A-Z][0-9] $/ {
    label = substr($2, 2, 2)
    print label > rows
    count = split($5, each, /[ ,]+/)
    for (i = 1; i <= count; ++i) if (each[i] != "") print label, each[i] > rows
    text = $7
    while (match(text, /`[A-Za-z]+\.[A-Za-z0-9_]+`/)) {
      name = substr(text, RSTART + 1, RLENGTH - 2)
      sub(/\./, " ", name)
      print label, name > tests
      text = substr(text, RSTART + RLENGTH)
    }
  }' rows="$work/rows.raw" tests="$work/tests.raw" "$page"
sort -u "$work/rows.raw" > "$work/rows"
sort -u "$work/tests.raw" > "$work/tests"

{
  while read -r label; do
    grep -qx "$label" "$work/code" || echo "[$label] is mentioned in core/, but no comment there begins with it"
    grep -q "^$label ." "$work/code" || echo "[$label] names no partner in core/: 'pairs with [..]'"
    grep -qx "$label" "$work/rows" || echo "[$label] has no row in $page"
  done < "$work/used"
  while read -r label partner; do
    [ -n "$partner" ] || continue
    grep -qx "$partner $label" "$work/code" || echo "[$label] pairs with [$partner], which doesn't name it back in core/"
    grep -qx "$label $partner" "$work/rows" || echo "[$label] pairs with [$partner] in core/, but not in $page"
  done < "$work/code"
  while read -r label partner; do
    if [ -z "$partner" ]; then
      grep -qx "$label" "$work/used" || echo "$page has a row for [$label], which isn't in core/"
    else
      grep -qx "$label $partner" "$work/code" || echo "[$label] pairs with [$partner] in $page, but not in core/"
    fi
  done < "$work/rows"
  grep -oh '// \[[A-Z][0-9]\]' -r core/include/ringmain/algorithm | tr -d '/[] ' | sort -u | while read -r label; do
    grep -rq "\"$label\"" tests/weak_memory || echo "[$label] is not tried in tests/weak_memory"
  done
  while read -r label suite name; do
    grep -rqE "^ *TEST(_F|_P)?\($suite, $name\)" tests || echo "$page names the test $suite.$name for [$label]; there is none"
  done < "$work/tests"
} > "$work/wrong"

cat "$work/wrong"
[ ! -s "$work/wrong" ] || exit 1
echo "$(wc -l < "$work/used") labels, all paired and explained"
