"""The package as such.

SPDX-License-Identifier: MIT
"""

import re
from pathlib import Path

import ringmain

HEADER = Path(__file__).parents[2] / "core/include/ringmain/ringmain.h"


def test_the_package_has_the_version_of_the_library() -> None:
    version = re.search(r'#define RINGMAIN_VERSION "([0-9.]+)"', HEADER.read_text())
    assert version is not None
    assert ringmain.__version__ == version[1]
