#!/bin/sh
# Install the clients of docs/clients.md, each into an environment of its own below .clients/; `make test` needs none.
#
#     scripts/clients/install.sh          all of them
#     scripts/clients/install.sh sdk10    one
#
# SDK 11 itself is in .venv already; sdk11 is its source distribution, with what its own tests need
# (scripts/clients/sdk11_tests.sh). Packages come from PyPI and npm only.
set -eu
cd "$(dirname "$0")/../.."
python=$(scripts/find-python.sh)

python_client() {
    echo "$1: $2"
    "$python" -m venv ".clients/$1"
    ".clients/$1/bin/pip" install --quiet --disable-pip-version-check $2
}

sdk_source() {  # the SDK's tests are in its source distribution only
    python_client "$1" "bittensor==$2 pytest pytest-asyncio"
    (cd ".clients/$1" && bin/pip download --quiet --disable-pip-version-check --no-deps --no-binary bittensor "bittensor==$2" &&
        tar xzf "bittensor-$2.tar.gz")
}

npm_client() {
    echo "$1: $2"
    mkdir -p ".clients/$1"
    echo '{"private": true, "type": "module"}' > ".clients/$1/package.json"
    (cd ".clients/$1" && npm install --silent --no-audit --no-fund $2)
}

for client in ${@:-sdk10 sdk11 btcli9 py-substrate-interface async-substrate-interface turbobt pylon taowire polkadot-js}; do
    case $client in
        sdk10) python_client sdk10 "bittensor==10.5.*" ;;
        sdk11) sdk_source sdk11 11.3.0 ;;
        btcli9) python_client btcli9 "bittensor-cli==9.23.*" ;;
        py-substrate-interface) python_client "$client" "substrate-interface==1.8.*" ;;
        async-substrate-interface) python_client "$client" "async-substrate-interface bittensor-wallet" ;;
        turbobt) python_client turbobt "turbobt==1.3.*" ;;
        pylon) python_client pylon "bittensor-pylon" ;;
        taowire) python_client taowire "taowire" ;;
        polkadot-js) npm_client polkadot-js "@polkadot/api@16" ;;
        *) echo "unknown client: $client" >&2; exit 2 ;;
    esac
done
