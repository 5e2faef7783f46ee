# SPDX-License-Identifier: MIT
[ "$(ls small | wc -l)" -eq 40 ]
[ "$(cat small/*)" = "$(printf 'image%.0s' $(seq 40))" ]
