#!/bin/sh
# Try every installed client (scripts/clients/install.sh) against a node:
#     tao-lab node --dev --report-subnet
#     scripts/clients/run.sh ws://127.0.0.1:9944
set -u
cd "$(dirname "$0")/../.."
url=${1:-ws://127.0.0.1:9944}
failed=0
home=$(mktemp -d)  # SDK 10 makes folders in it
trap 'rm -rf "$home"' EXIT
try() {
    name=$1
    shift
    [ -d ".clients/$name" ] || return 0
    echo "--- $name"
    HOME=$home "$@" "$url" || { failed=1; echo "FAILED: $name"; }
}
try sdk10 .clients/sdk10/bin/python scripts/clients/sdk10.py
try btcli9 scripts/clients/btcli9.sh
try py-substrate-interface .clients/py-substrate-interface/bin/python scripts/clients/py_substrate_interface.py
try async-substrate-interface .clients/async-substrate-interface/bin/python scripts/clients/async_substrate.py
try turbobt .clients/turbobt/bin/python scripts/clients/turbobt_client.py
[ -d .clients/polkadot-js ] && cp scripts/clients/polkadot_js.mjs .clients/polkadot-js/
try polkadot-js node .clients/polkadot-js/polkadot_js.mjs
exit $failed
