#!/bin/sh
# deb.sh SOURCES OUTPUT CC CXX: builds the Debian packages, looks at them, unpacks them, and uses what they hold.
# SPDX-License-Identifier: MIT
set -eux
sources=$1 output=$2
cd "$sources"
cmake --preset deb
cmake --build --preset deb
cd build/deb
rm -f ./*.deb
cpack

lintian --fail-on error ./*.deb
version=$(dpkg-deb --field ringmain_*.deb Version)
for package in libringmain-dev ringmain; do
  dpkg-deb --field ${package}_*.deb Depends | grep -F "libringmain0 (= $version)"
done
for package in libringmain0 ringmain; do
  dpkg-deb --field ${package}_*.deb Depends | grep -F 'libstdc++6'
done

root=$output/deb
rm -rf "$root"
for package in libringmain0 libringmain-dev ringmain; do
  dpkg-deb --extract ${package}_*.deb "$root"
  test -s "$root/usr/share/doc/$package/copyright"
done
libraries=$(dirname "$(find "$root/usr/lib" -name 'libringmain.so.0')")
export LD_LIBRARY_PATH="$libraries" RINGMAIN_DIR="$PWD"

tool=$root/usr/bin/ringmain
test "$("$tool" --version)" = "ringmain $version"
"$tool" create package-test --dir "$RINGMAIN_DIR"
echo hello | "$tool" pub package-test
test "$("$tool" sub package-test --from oldest)" = hello
"$tool" rm package-test
"$tool" bench --help | grep -q Usage
for page in $("$tool" __manual); do
  "$tool" __manual "$page" > "$output/page"
  gzip -dc "$root/usr/share/man/man1/$page.1.gz" | cmp - "$output/page"
done
for script in bash-completion/completions/ringmain zsh/vendor-completions/_ringmain fish/vendor_completions.d/ringmain.fish
do
  test -s "$root/usr/share/$script"
done

sh "$sources/tests/package/pkg_config.sh" "$sources/tests/package/consumer" "$libraries/pkgconfig" "$output" "$3" "$4"
