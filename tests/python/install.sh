#!/bin/sh
# install.sh PYTHON PROJECT: makes the source distribution, from it a wheel, and installs that where there is nothing
# else. PYTHON has the module `build`. What is installed is the package alone, and it works without NumPy.
# SPDX-License-Identifier: MIT
set -eu
python=$1
project=$2
unset PYTHONPATH  # the package as CMake built it is not for here
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
fail() { echo "install.sh: $*" >&2; exit 1; }

"$python" -m build --outdir "$work/dist" "$project" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
set -- "$work"/dist/*.tar.gz "$work"/dist/*.whl
[ $# -eq 2 ] && [ -f "$1" ] && [ -f "$2" ] || fail "not one source distribution and one wheel: $*"

# The sources are all that a build needs, and no more.
tar -tzf "$1" | sed 's|^[^/]*/||' | grep -v '^PKG-INFO$' | sort >"$work/sources"
(cd "$project" && find CMakeLists.txt LICENSE README.md pyproject.toml core python -type f \
  -not -path '*/__pycache__/*' | sort) >"$work/wanted"
diff "$work/wanted" "$work/sources" || fail "the source distribution has other files than the project (<)"

"$python" -m venv "$work/venv"
clean=$work/venv/bin/python
packages=$("$clean" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
ls "$packages" >"$work/before"
"$clean" -m pip install --quiet --disable-pip-version-check --no-index "$2"  # without an index: without a dependency
ls "$packages" | diff "$work/before" - | sed -n 's/^> //p' >"$work/new"
version=$("$clean" -I -c 'import importlib.metadata; print(importlib.metadata.version("ringmain"))')
printf 'ringmain\nringmain-%s.dist-info\n' "$version" | diff - "$work/new" || fail "other things were installed (>)"
(cd "$packages" && find ringmain -type f -not -path '*/__pycache__/*' \
  -not -name '*.py' -not -name '_core.*.so' -not -name _core.pyi -not -name py.typed) >"$work/strange"
[ ! -s "$work/strange" ] || fail "in the package: $(cat "$work/strange")"

cd "$work"
"$clean" -I - "$version" <<'PYTHON'
import sys
import ringmain
assert ringmain.__version__ == sys.argv[1], ringmain.__version__
assert "numpy" not in sys.modules
PYTHON

best=$(for _ in 1 2 3 4 5; do
  "$clean" -I -X importtime -c 'import ringmain' 2>&1 | awk -F '|' '$3 ~ /^ *ringmain$/ { print $2 + 0 }'
done | sort -n | head -n 1)
echo "import ringmain: $best us (best of 5); wheel: $(($(stat -c %s "$2") / 1024)) KiB"
