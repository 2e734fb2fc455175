#!/bin/sh
# bittensor-cli 9 against a development node with the report's subnet: wallet, balance, subnets, register, stake.
#     scripts/clients/btcli9.sh ws://127.0.0.1:9944
set -eu
cd "$(dirname "$0")/../.."
btcli=$PWD/.clients/btcli9/bin/btcli
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export HOME="$home"
wallet="--wallet-name tao9 --hotkey miner9 --wallet-path $home/wallets"
try() {
    echo "btcli $*"
    "$btcli" "$@" 2>&1 | tail -n 12
}
try wallet create $wallet --n-words 12 --no-use-password --no-overwrite
address=$(sed -n 's/.*"ss58Address": *"\([^"]*\)".*/\1/p' "$home/wallets/tao9/coldkeypub.txt")
.venv/bin/tao-lab fund "$address" 100 --network "$1"
try wallet balance $wallet --network "$1"
try subnets list --network "$1"
try subnets show --netuid 171 --network "$1" --no-prompt
try subnets hyperparameters --netuid 171 --network "$1"
try subnets register --netuid 171 $wallet --network "$1" --no-prompt
try stake add --netuid 171 --amount 5 $wallet --network "$1" --no-prompt --unsafe --no-mev-protection
try stake list $wallet --network "$1" --no-prompt
try stake remove --netuid 171 --amount 1 $wallet --network "$1" --no-prompt --unsafe --no-mev-protection
try stake add --netuid 77 --amount 5 $wallet --network "$1" --no-prompt --unsafe --no-mev-protection
