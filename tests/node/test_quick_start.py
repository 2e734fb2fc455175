"""The steps of the SDK's own quick start, as its documentation writes them, with only the connection replaced."""

import asyncio
from pathlib import Path
from typing import Any

import bittensor as bt
import pytest

from tao_lab.chain.chain import Chain
from tao_lab.node.rpc import Node
from tao_lab.node.substrate import LocalSubstrate
from tests.chain.conftest import TAO, account
from tests.node.populated import MODULE, must, sudo

NETUID = 1
VALIDATOR = account("validator")


@pytest.fixture
def wallet(populated: Chain, tmp_path: Path) -> bt.Wallet:
    """A newcomer with 200 TAO on the coldkey."""
    wallet = bt.Wallet("my_coldkey", "my_hotkey", str(tmp_path))
    wallet.create_new_coldkey(use_password=False, suppress=True)
    wallet.create_new_hotkey(use_password=False, suppress=True)
    dest = wallet.coldkeypub.ss58_address
    must(populated, "faucet", "Balances", "transfer_keep_alive", dest=dest, value=200 * TAO)
    return wallet


def client_of(chain: Chain) -> bt.Subtensor:
    return bt.Subtensor("local", substrate=LocalSubstrate(Node(chain)))


def test_the_typed_reads(populated: Chain) -> None:
    sub = client_of(populated)
    assert sub.balances.get(account("alice")).tao > 1_000
    assert [subnet.netuid for subnet in sub.subnets.all()] == [0, 1, 2]
    neurons = sub.neurons.all(netuid=NETUID)
    assert [neuron.hotkey for neuron in neurons] == [VALIDATOR, account("miner")]
    assert sub.subnets.subnet_registration_cost().tao > 1_000
    assert sub.delegation.delegate_take(hotkey_ss58=VALIDATOR) == sub.read("delegate_take", hotkey_ss58=VALIDATOR)
    assert sub.query(bt.storage.SubtensorModule.Tempo, [NETUID]) == 360
    assert sub.constant(bt.constants.Balances.ExistentialDeposit) == 500
    metagraph = sub.subnets.metagraph(NETUID)
    assert [neuron.hotkey for neuron in metagraph.neurons] == [neuron.hotkey for neuron in neurons]
    assert metagraph.neurons[1].commitment.value == "hello"
    sub.close()


def test_from_the_first_transfer_to_weights_and_stake(populated: Chain, wallet: bt.Wallet) -> None:
    async def work() -> None:
        async with client_of(populated) as client:
            coldkey, hotkey = wallet.coldkeypub.ss58_address, wallet.hotkey.ss58_address
            assert (await client.balances.get(coldkey)).tao == 200
            sent = await client.execute_tool("transfer", {"dest_ss58": account("carol"), "amount_tao": 1.0}, wallet)
            assert sent.success

            registered = await client.execute(bt.BurnedRegister(netuid=NETUID), wallet)
            assert registered.success, registered.message
            assert registered.data["shielded"]
            assert await client.neurons.uid(hotkey_ss58=hotkey, netuid=NETUID) == 2
        async with client_of(populated) as client:  # the first one's nonces do not count what went in shielded
            intent = bt.AddStake(hotkey_ss58=hotkey, netuid=NETUID, amount_tao=10)
            plan = await client.plan(intent, wallet)
            assert plan.ok, plan.violations
            staked = await client.execute(intent, wallet)
            assert staked.success, staked.message

            transfer = bt.Transfer(dest_ss58=hotkey, amount_tao=1)
            assert (await client.submit_shielded(transfer, wallet)).success
            assert (await client.balances.get(hotkey)).tao == 1
            weights = await client.execute(bt.SetWeights(netuid=NETUID, uids=[2], weights=[1.0]), wallet)
            assert weights.success, weights.message
            metagraph = await client.subnets.metagraph(NETUID)
            assert metagraph.neurons[2].coldkey == coldkey

    asyncio.run(work())
    assert [tuple(entry) for entry in populated.state.get(MODULE, "Weights", NETUID, 2)] == [(2, 65_535)]


def test_with_commit_reveal_weights_are_sealed_for_a_future_round(populated: Chain, wallet: bt.Wallet) -> None:
    on = {"netuid": NETUID, "enabled": True}
    sudo(populated, "AdminUtils", "sudo_set_commit_reveal_weights_enabled", **on)

    async def work() -> Any:
        async with client_of(populated) as client:
            await client.execute(bt.Transfer(dest_ss58=wallet.hotkey.ss58_address, amount_tao=1), wallet)
            await client.execute(bt.BurnedRegister(netuid=NETUID), wallet)
            return await client.execute(bt.SetWeights(netuid=NETUID, uids=[2], weights=[1.0]), wallet)

    result = asyncio.run(work())
    assert result.success, result.message
    ((epoch, commits),) = populated.state.entries(MODULE, "TimelockedWeightCommits", NETUID)
    assert [(who, number) for who, _, _, number in commits] == [
        (wallet.hotkey.ss58_address, result.data["reveal_round"])
    ]
    assert epoch == populated.state.get(MODULE, "SubnetEpochIndex", NETUID)
    assert populated.state.get(MODULE, "Weights", NETUID, 2) == []


def test_a_failure_comes_back_with_a_code_and_a_way_out(populated: Chain, wallet: bt.Wallet) -> None:
    async def work() -> Any:
        async with client_of(populated) as client:
            burn = bt.Batch(intents=[{"op": "transfer", "dest_ss58": account("carol"), "amount_tao": 1.0}])
            assert (await client.execute(burn, wallet)).success
            with pytest.raises(bt.PolicyError):
                await client.execute(
                    bt.Transfer(dest_ss58=account("carol"), amount_tao=9), wallet, policy=bt.Policy(max_spend_tao=5.0)
                )
            return await client.execute(bt.AddStake(hotkey_ss58=VALIDATOR, netuid=99, amount_tao=1), wallet)

    result = asyncio.run(work())
    assert not result.success
    assert result.error.name == "SubnetNotExists"
    assert result.error.remediation
