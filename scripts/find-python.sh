#!/bin/sh
# Prints the newest Python here that the lab runs on and that can make virtual environments; without one, exit code 1.
# PYTHON=/path/to/python asks for that one.
set -eu

fits() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    fits "$PYTHON" && echo "$PYTHON" && exit 0
    echo "PYTHON=$PYTHON does not fit: a Python from 3.11 on is needed, with venv and ensurepip." >&2
    exit 1
fi
for python in python3.14 python3.13 python3.12 python3.11 python3; do
    fits "$python" && echo "$python" && exit 0
done
exit 1
