"""What the carriers are made to do: one module for each workload."""

# SPDX-License-Identifier: MIT
