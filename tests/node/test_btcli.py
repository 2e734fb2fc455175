"""`btcli` on a populated network, in processes of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bittensor as bt
import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.pallets.subtensor.stake import stake_of_coldkey
from tao_lab.node.rpc import Node
from tao_lab.node.server import Server
from tests.chain.conftest import TAO, account
from tests.node.populated import earn_on_root, must


@pytest.mark.slow
def test_btcli_shows_subnets_stake_and_hyperparameters_and_stakes(populated: Chain, tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "BITTENSOR_RUNTIME_CACHE_DIR": str(tmp_path)}

    with Server(Node(populated)) as server:

        def show(*words: str) -> Any:
            command = [str(Path(sys.executable).with_name("btcli")), *words, "--json", "--network", server.url]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)

        alice, validator = account("alice"), account("validator")
        assert [(subnet["netuid"], subnet["name"]) for subnet in show("subnets", "list")][1] == (1, "Lab")
        subnet = show("subnets", "show", "1")
        assert (subnet["owner_coldkey"], subnet["neurons"], subnet["max_neurons"]) == (alice, 2, 256)
        neurons = show("query", "neurons", "--netuid", "1")
        assert [neuron["hotkey"] for neuron in neurons] == [validator, account("miner")]
        assert show("subnets", "metagraph", "1")["identity"]["description"] == "A subnet of the lab"
        balance = show("wallet", "balance", alice)
        assert (balance["stake_positions"], balance["free_tao"] > 1_000) == (3, True)
        stakes = {(stake["netuid"], stake["hotkey"]): stake for stake in show("stake", "list", "--coldkey", alice)}
        assert stakes[(0, validator)]["stake_amount"] == 100
        assert show("sudo", "get", "--netuid", "1")["weights_rate_limit"] == 0

        fund = show("root", "list")["funds"]
        assert [(each["hotkey"], [holding["netuid"] for holding in each["holdings"]]) for each in fund] == [
            (validator, [1])
        ]

        wallet = bt.Wallet("student", path=str(tmp_path)).create_new_coldkey(use_password=False, suppress=True)
        dest = wallet.coldkeypub.ss58_address
        must(populated, "faucet", "Balances", "transfer_keep_alive", dest=dest, value=10 * TAO)
        position = ("--netuid", "1", "--hotkey", validator, "--amount", "5")
        staked = show("stake", "add", *position, "--wallet", "student", "--wallet-path", str(tmp_path), "-y")
        assert staked["success"]
        assert staked["data"]["shielded"]

        must(populated, "faucet", "Balances", "transfer_keep_alive", dest=dest, value=100 * TAO)
        mine = ("--wallet", "student", "--wallet-path", str(tmp_path))
        assert show("stake", "add", "--netuid", "0", "--hotkey", validator, "--amount", "50", *mine, "-y")["success"]
        earn_on_root(populated, "validator", 30 * TAO)
        seen = show("wallet", "inspect", *mine)["balance"]
        assert seen["beta_validators"] == 1
        assert seen["accrued_basket_yield_tao"] == seen["beta_value_tao"] > 1
        assert show("root", "claim", "--hotkey", validator, *mine, "-y")["success"]
        claimed = stake_of_coldkey(populated.state, validator, dest, 0) - 50 * TAO
        assert claimed == pytest.approx(seen["accrued_basket_yield_tao"] * TAO, abs=1)
