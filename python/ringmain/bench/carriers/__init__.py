"""What moves messages: one module for each group of carriers."""

# SPDX-License-Identifier: MIT
