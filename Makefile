# Every target is a few commands that you could type as well. On Debian it first installs the packages that are missing.
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell nproc)
export CTEST_PARALLEL_LEVEL ?= 2

.PHONY: all install deb demo test proof soak tests python format clean help packages python-packages

all: build/build.ninja
	cmake --build --preset release

# The library, its headers, the tool, manual pages, completions: make install PREFIX=/usr DESTDIR=/tmp/image
PREFIX ?= /usr/local
install: all
	cmake --install build --prefix $(PREFIX)

# Debian packages of the library, of what is needed to build with it, and of the tool, in build/deb/.
deb: packages
	@.ci/dependencies package
	cmake --preset deb
	cmake --build --preset deb
	cd build/deb && cpack

demo: build/build.ninja
	cmake --build --preset release --target ringmain-demo ringmain-cli
	build/bin/ringmain-demo

test: tests
	ctest --preset release -LE '^(coverage|deb)$$'

# The whole of what `make test` does in short, and what it came to: tests say so in lines that begin with PROOF.
proof: tests
	@RINGMAIN_PROOF=full ctest --preset release --verbose --output-log build/proof.log \
	  -L '^(crash|hostile|fuzz|model|mutants|soak|weak_memory|aarch64|coverage|deb)$$'; \
	status=$$?; tests/proof/scorecard.sh build/proof.log; exit $$status

# Mixed load with faults, for so many seconds: make soak SECONDS=3600
SECONDS ?= 600
soak: tests
	build/bin/ringmain-soak --seconds $(SECONDS)

tests: build/venv/requirements.stamp
	@.ci/dependencies build package python test
	cmake --preset release -DRINGMAIN_BUILD_TESTS=ON -DRINGMAIN_BUILD_EXAMPLES=ON -DRINGMAIN_WERROR=ON \
	  -DRINGMAIN_TEST_PRESETS=ON -DRINGMAIN_BUILD_PYTHON=ON -DPython_EXECUTABLE=$(CURDIR)/build/venv/bin/python
	cmake --build --preset release

# A wheel of the Python package, in build/wheel/.
python: build/venv/bin/pip
	build/venv/bin/pip wheel --no-deps --wheel-dir build/wheel .

build/venv/requirements.stamp: python/requirements-test.txt | build/venv/bin/pip
	build/venv/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

build/venv/bin/pip: | python-packages
	python3 -m venv build/venv

build/build.ninja: | packages
	cmake --preset release -DRINGMAIN_BUILD_TESTS=OFF -DRINGMAIN_BUILD_EXAMPLES=OFF

packages:
	@.ci/dependencies build

python-packages:
	@.ci/dependencies build python

format: build/venv/requirements.stamp
	find core transport cli bench python tests docs -name '*.[ch]pp' -o -name '*.[ch]' | xargs clang-format -i
	build/venv/bin/ruff check --fix python tests/python docs/examples/python
	build/venv/bin/ruff format python tests/python docs/examples/python

clean:
	rm -rf build

help:
	@echo 'make         build/bin/ringmain, the library and the benchmarks'
	@echo 'make demo    stream real files through a ring, and measure it'
	@echo 'make test    all tests: also of processes that are killed, by the sanitizers, by clang, format and lint'
	@echo 'make proof   what those do in short, in full, and a scorecard: 1.5 hours   make soak SECONDS=600  load with faults'
	@echo 'make install PREFIX=/usr/local DESTDIR=             make deb     Debian packages, in build/deb/'
	@echo 'make python  a wheel of the Python package, in build/wheel/'
	@echo 'make format  format the sources            make clean  remove build/'
