# Runs a recipe of docs/pipelines.md as it stands there, in an empty directory, then looks whether it did what it says.
# usage: run.sh DIRECTORY_OF_THIS DOCUMENT NAME DIRECTORY_OF_THE_TOOL
# SPDX-License-Identifier: MIT
set -eu
here=$1 document=$2 name=$3 tool=$4

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir rings

awk -v marker="<!-- recipe: $name -->" '
  $0 == marker { wanted = 1; next }
  wanted && /^```sh$/ { inside = 1; next }
  inside && /^```$/ { exit }
  inside' "$document" > recipe.sh
[ -s recipe.sh ] || { echo "recipe '$name' isn't in $document" >&2; exit 1; }

export PATH="$here/bin:$tool:$PATH" RINGMAIN_DIR="$work/rings"
[ ! -e "$here/$name.before.sh" ] || bash -eu "$here/$name.before.sh"
for program in $(sed -n 's/^# needs: //p' "$here/$name.sh"); do
  command -v "$program" > /dev/null || { echo "skipped: there is no $program"; exit 77; }
done
bash -eu recipe.sh > output.txt
bash -eu "$here/$name.sh"
[ -z "$(ls rings)" ] || { echo "the recipe leaves: $(ls rings)" >&2; exit 1; }
