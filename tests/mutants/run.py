#!/usr/bin/env python3
# Plants each mutant of mutants.toml in a copy of core/ and demands that the test named there fails.
# SPDX-License-Identifier: MIT
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
CORE = TESTS.parent / "core"
PRECOMPILED = "#include <gtest/gtest.h>\n#include <chrono>\n#include <filesystem>\n#include <functional>\n#include <string>\n"
TIMEOUT = 300  # seconds
FULL = os.environ.pop("RINGMAIN_PROOF", "") == "full"  # which is for the list: the tests' everyday versions must do


class Broken(Exception):
    """The list doesn't fit the code any more, or a test says nothing."""


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


class Workshop:
    """What all mutants share: compiler, flags, and the objects that no mutant changes."""

    def __init__(self, compiler, library, folder):
        self.compiler, self.library, self.folder = compiler, library, folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        header = folder / "precompiled.hpp"
        header.write_text(PRECOMPILED)
        self.flags = ["-std=c++20", "-O1", "-pthread", f"-I{TESTS}"]
        run([compiler, *self.flags, "-x", "c++-header", header, "-o", f"{header}.gch"])
        self.flags += ["-include", header]
        self.support = [self.compile(source, CORE, folder) for source in sorted(TESTS.glob("support/*.cpp"))]

    def compile(self, source, core, folder):
        target = folder / f"{source.stem}.o"
        run([self.compiler, *self.flags, f"-I{core}/src", f"-I{core}/include", "-c", source, "-o", target])
        return target

    def build(self, test, core, rebuilt):
        """The test, and those files of core, compiled against `core`; all else is as it was."""
        folder = core.parent
        objects = [self.compile(source, core, folder) for source in (TESTS / test, *rebuilt)]
        program = folder / "test"
        run([self.compiler, *objects, *self.support, self.library, "-pthread", "-lgtest_main", "-lgtest", "-o", program])
        return program


def copy_of_core(folder):
    core = folder / "core"
    for part in ("include", "src"):
        shutil.copytree(CORE / part, core / part)
    return core


def mutated(mutant):
    """The text of the mutant's file with the mutant in it."""
    text = (CORE / mutant["file"]).read_text()
    for edit in [mutant, *mutant.get("also", [])]:
        if text.count(edit["old"]) != 1:
            raise Broken(f"{mutant['file']} has its old text {text.count(edit['old'])} times: bring the list up to date")
        text = text.replace(edit["old"], edit["new"])
    return text


def fits(mutant):
    try:
        mutated(mutant)
    except Broken:
        return False
    return True


def verdict(program, tests):
    try:
        done = subprocess.run([program, f"--gtest_filter={tests}"], capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise Broken("hangs, as a busy machine would, too: that catches nothing") from None
    if done.returncode < 0 or "[  FAILED  ]" in done.stdout:
        return "caught"
    if done.returncode != 0:
        raise Broken(f"ends with {done.returncode}, and no test failed:\n{done.stdout}{done.stderr}")
    if "[       OK ]" not in done.stdout:
        if "[  SKIPPED ]" in done.stdout:
            return "skipped"
        raise Broken(f"no test is called {tests}")
    return "survived"


def judge(workshop, mutant):
    """Whether its test catches a mutant. One without a file is the control: core as it is, which no test may catch."""
    folder = workshop.folder / mutant["name"]
    start = time.monotonic()
    try:
        core = copy_of_core(folder)
        rebuilt = set(mutant.get("rebuild", []))
        if "file" in mutant:
            (core / mutant["file"]).write_text(mutated(mutant))
            rebuilt |= {name for name in [mutant["file"]] if name.endswith(".cpp")}
        program = workshop.build(mutant["test"], core, [core / name for name in sorted(rebuilt)])
        result = verdict(program, mutant["filter"])
    except Broken as error:
        result = f"broken: {error}"
    shutil.rmtree(folder, ignore_errors=True)
    print(f"  {result:9} {mutant['name']} ({time.monotonic() - start:.0f} s)", flush=True)
    return result


def controls(mutants):
    """The tests that catch mutants, once each, to be run on core as it is."""
    filters = {}
    for mutant in mutants:
        filters.setdefault(mutant["test"], set()).add(mutant["filter"])
    return [
        {"name": f"control-{test.replace('/', '-')}", "test": test, "filter": ":".join(sorted(tests))}
        for test, tests in filters.items()
    ]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--compiler", default="c++")
    arguments.add_argument("--library", required=True, type=pathlib.Path, help="libringmain.a of these sources")
    arguments.add_argument("--build", required=True, type=pathlib.Path, help="a folder of its own")
    arguments.add_argument("--only", nargs="*", help="names of mutants")
    options = arguments.parse_args()
    mutants = tomllib.loads((HERE / "mutants.toml").read_text())["mutant"]
    if options.only:
        mutants = [mutant for mutant in mutants if mutant["name"] in options.only]
    elif not FULL:
        # Those that are not planted today must fit the code, too.
        mutants = [mutant for mutant in mutants if mutant.get("quick") or not fits(mutant)]
    workshop = Workshop(options.compiler, options.library, options.build)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        checked = list(pool.map(lambda control: judge(workshop, control), controls(mutants) if FULL else []))
        results = list(pool.map(lambda mutant: judge(workshop, mutant), mutants))
    sound = all(result in ("survived", "skipped") for result in checked)
    count = len(results) - results.count("skipped")
    caught = results.count("caught")
    print(f"PROOF mutants sequence-and-logic: {count} planted, {caught} caught, {count - caught} bad")
    if not sound:
        print("a test fails on core as it is, so it proves nothing")
    sys.exit(0 if sound and caught == count > 0 else 1)


if __name__ == "__main__":
    main()
