"""Lets `python -m ringmain.bench` run."""

# SPDX-License-Identifier: MIT

import sys

from ringmain.bench.command_line import main

sys.exit(main())
