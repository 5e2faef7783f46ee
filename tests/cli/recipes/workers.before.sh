# SPDX-License-Identifier: MIT
mkdir images
for i in $(seq 40); do echo "image $i" > "images/a $i.png"; done
