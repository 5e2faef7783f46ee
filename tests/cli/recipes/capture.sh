# SPDX-License-Identifier: MIT
seq 200000 | cmp - all.pcap
[ "$(cat seen.txt)" -eq 200000 ]
[ "$(cat sum.txt)" = "$(seq 200000 | sha256sum)" ]
