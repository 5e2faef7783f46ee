# SPDX-License-Identifier: MIT
mkdir metrics
