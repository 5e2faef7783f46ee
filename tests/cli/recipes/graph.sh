# SPDX-License-Identifier: MIT
grep -q '^ringmain_messages_total{.*ring="jobs".*} 100$' metrics/ringmain.prom
[ "$(ls metrics)" = ringmain.prom ]
