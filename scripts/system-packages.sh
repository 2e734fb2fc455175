#!/bin/sh
# Installs the Debian packages that the lab needs and that are missing, and says which ones.
#   scripts/system-packages.sh python    a Python from 3.11 on that can make virtual environments (make lab)
#   scripts/system-packages.sh browser   also a headless Chromium and a font, for the browser tests (make test)
#   scripts/system-packages.sh sandbox   also bubblewrap, the stronger sandbox for code answers and grading
#   scripts/system-packages.sh speech    also espeak-ng, a real voice for the speech subnet
# Several words are allowed.
# Where the programs are there already, it does nothing. PYTHON=/path/to/python chooses an interpreter.
set -eu

here=$(dirname "$0")
missing=""

find_python() {
    "$here/find-python.sh" >/dev/null
}

[ $# -gt 0 ] || set -- help
for part in "$@"; do
    case "$part" in
    python)
        if ! find_python; then
            [ -z "${PYTHON:-}" ] || exit 1
            missing="$missing python3 python3-venv"
        fi
        ;;
    browser)
        command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
            command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium fonts-dejavu-core"
        ;;
    sandbox) command -v bwrap >/dev/null 2>&1 || missing="$missing bubblewrap" ;;
    speech) command -v espeak-ng >/dev/null 2>&1 || missing="$missing espeak-ng" ;;
    *)
        echo "usage: $0 python|browser|sandbox|speech ..." >&2
        exit 2
        ;;
    esac
done

[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing:$missing. This system has no apt-get: install them with its own package manager, then try again." >&2
    exit 1
fi

echo "Installing system packages:$missing"
sudo=""
if [ "$(id -u)" -ne 0 ]; then
    sudo="sudo"
    command -v sudo >/dev/null 2>&1 || {
        echo "Not root and no sudo: ask somebody who is to run: apt-get install$missing" >&2
        exit 1
    }
fi
$sudo apt-get update -qq
# shellcheck disable=SC2086  # a list of package names
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null

case "$missing" in
*python3-venv*)
    find_python || {
        echo "This system's python3 is $(python3 -V), and the lab needs 3.11 or newer. Install one with its venv" \
            "(on Ubuntu 22.04: python3.11 python3.11-venv), then try again." >&2
        exit 1
    }
    ;;
esac
