# Every target is a few commands that you could type as well. On Debian it first installs the packages that are missing.
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell nproc)
export CTEST_PARALLEL_LEVEL ?= 2

.PHONY: all demo test test-all format clean help packages

all: build/build.ninja
	cmake --build --preset release

demo: all
	build/bin/ringmain-demo

# The quick ones; tests that are known to fail are disabled, and ctest names them as not run.
test: PRESETS = OFF
test: LABELS = quick

# All of them: processes killed and stopped for minutes, the other presets, the format and the lint check, too.
test-all: PRESETS = ON
test-all: LABELS =

test test-all:
	@.ci/dependencies build test
	cmake --preset release -DRINGMAIN_BUILD_TESTS=ON -DRINGMAIN_BUILD_EXAMPLES=ON \
	  -DRINGMAIN_TEST_PRESETS=$(PRESETS) -DRINGMAIN_WERROR=ON
	cmake --build --preset release
	ctest --preset release $(if $(LABELS),-LE 'stress|crash|hostile')

build/build.ninja: | packages
	cmake --preset release -DRINGMAIN_BUILD_TESTS=OFF -DRINGMAIN_BUILD_EXAMPLES=OFF

packages:
	@.ci/dependencies build

format:
	find core cli bench tests docs -name '*.[ch]pp' -o -name '*.[ch]' | xargs clang-format -i

clean:
	rm -rf build

help:
	@echo 'make         build/bin/ringmain, the library and the benchmarks'
	@echo 'make demo    stream real files through a ring, and measure it'
	@echo 'make test    unit, tool, package and example tests'
	@echo 'make test-all  stress, crash and hostile-input tests, sanitizers, clang, format and lint, too'
	@echo 'make format  clang-format the sources      make clean  remove build/'
