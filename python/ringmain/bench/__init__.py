"""`python -m ringmain.bench`: the ring and what Python programs use instead, side by side on this machine."""

# SPDX-License-Identifier: MIT
