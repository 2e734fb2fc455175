"""The official SDK makes a subnet, registers and serves on the lab's chain."""

from typing import Any

import bittensor as bt
import pytest

from tao_lab.chain.chain import Chain
from tests.chain.conftest import TAO, account, key
from tests.node.test_sdk import with_client

IDENTITY = {"name": "Owner", "url": "https://example.org"}


@pytest.fixture
def owner(chain: Chain, tmp_path: Any) -> bt.Wallet:
    """A wallet with 2,000 TAO."""
    wallet = bt.Wallet("owner", path=str(tmp_path)).create_new_coldkey(use_password=False, suppress=True)
    wallet.create_new_hotkey(use_password=False, suppress=True)
    args = {"dest": wallet.coldkeypub.ss58_address, "value": 2_000 * TAO}
    chain.submit(chain.sign(key("faucet"), "Balances", "transfer_keep_alive", args))
    chain.produce_block()
    return wallet


def test_the_sdk_makes_a_subnet_starts_it_and_serves_there(chain: Chain, owner: bt.Wallet) -> None:
    async def work(client: bt.Client) -> list[Any]:
        made = await client.execute(bt.RegisterSubnet(), owner)
        return [
            made,
            await client.execute(bt.StartCall(netuid=made.data["netuid"]), owner),
            await client.execute(bt.ServeAxon(netuid=1, ip="93.184.216.34", port=8091), owner),
            await client.execute(bt.SetIdentity(**IDENTITY), owner),
            await client.execute(bt.RootRegister(), owner),
        ]

    results = with_client(chain, work)
    assert [(result.success, result.message) for result in results if not result.success] == []
    assert results[0].data["netuid"] == 1
    assert results[0].data["registration_price_rao"] == 1_000 * TAO
    hotkey = owner.hotkey.ss58_address
    axon = chain.state.get("SubtensorModule", "Axons", 1, hotkey)
    assert (axon["ip"], axon["port"], axon["ip_type"]) == (0x5DB8D822, 8091, 4)
    assert chain.state.get("SubtensorModule", "Uids", 1, hotkey) == 0
    assert chain.state.get("SubtensorModule", "Uids", 0, hotkey) == 0
    assert chain.state.get("SubtensorModule", "FirstEmissionBlockNumber", 1) is not None


def test_on_a_full_network_the_sdk_waits_until_an_old_subnet_is_cleaned_up(chain: Chain, owner: bt.Wallet) -> None:
    async def work(client: bt.Client) -> list[Any]:
        first = await client.execute(bt.RegisterSubnet(), owner)
        for item, value in (("SubnetLimit", 1), ("NetworkImmunityPeriod", 0), ("NetworkRateLimit", 0)):
            chain.state.put("SubtensorModule", item, value)
        price = await client.read("subnet_registration_cost")
        return [first, price, await client.execute(bt.RegisterSubnet(), owner)]

    args = {"dest": owner.coldkeypub.ss58_address, "value": 2_000 * TAO}
    chain.submit(chain.sign(key("faucet"), "Balances", "transfer_keep_alive", args))
    chain.produce_block()
    first, price, second = with_client(chain, work)
    assert first.success, first.message
    assert second.success, second.message
    assert first.data["registration_mode"] == "immediate"
    told = ("registration_mode", "netuid", "deregistered_netuid", "cleanup_netuid", "registration_price_rao")
    assert [second.data[name] for name in told] == [
        "after_deregistration",
        1,
        1,
        1,
        second.data["registration_price_rao"],
    ]
    assert second.data["queued_at_block"] == second.data["registered_at_block"]
    assert 1_000 * TAO < second.data["registration_price_rao"] <= price.rao
    state = chain.state
    assert state.get("SubtensorModule", "RegisteredSubnetCounter", 1) == 2
    assert state.get("SubtensorModule", "NetworkRegistrationQueue") == []
    phases = {
        record["event_id"]: record["phase"]
        for record in chain.events(second.data["registered_at_block"])
        if record["event_id"] in ("NetworkRemoved", "NetworkRegistrationQueued", "NetworkAdded")
    }
    assert phases["NetworkAdded"] == "Finalization"


def test_a_second_subnet_too_early_is_refused_with_the_chain_s_name(chain: Chain, owner: bt.Wallet) -> None:
    async def work(client: bt.Client) -> Any:
        await client.execute(bt.RegisterSubnet(), owner)
        call = await client._substrate.compose(
            ("SubtensorModule", "register_network_with_identity", {"hotkey": account("another"), "identity": None})
        )
        return await client._substrate.submit(call, owner.coldkey)

    result = with_client(chain, work)
    assert not result.success
    assert result.error.name == "NetworkTxRateLimitExceeded"


def test_the_sdk_buys_a_place_at_the_price_that_it_reads(chain: Chain, owner: bt.Wallet, tmp_path: Any) -> None:
    miner = bt.Wallet("owner", hotkey="miner", path=str(tmp_path)).create_new_hotkey(use_password=False, suppress=True)

    async def work(client: bt.Client) -> list[Any]:
        await client.execute(bt.RegisterSubnet(), owner)
        burn = await client.read("burn", netuid=1)
        done = await client.execute(bt.BurnedRegister(netuid=1), miner)
        return [burn, done, await client.read("burn", netuid=1), await client.read("token_symbols")]

    burn, done, after, symbols = with_client(chain, work)
    assert done.success, done.message
    assert burn.rao == TAO
    assert after.rao > burn.rao
    assert symbols[1] == "α"
    assert chain.state.get("SubtensorModule", "Keys", 1, 1) == miner.hotkey.ss58_address
    assert chain.state.get("SubtensorModule", "Owner", miner.hotkey.ss58_address) == owner.coldkeypub.ss58_address


def test_the_sdk_leases_a_subnet_with_a_crowdloan(chain: Chain, owner: bt.Wallet) -> None:
    lease = {"emissions_share": 20, "end_block": 100}
    terms = {"deposit": 900 * TAO, "min_contribution": TAO, "cap": 1_050 * TAO, "end": 60_000, "target_address": None}

    async def work(client: bt.Client) -> list[Any]:
        inner = await client._substrate.compose(("SubtensorModule", "register_leased_network", lease))
        create = await client._substrate.compose(("Crowdloan", "create", {**terms, "call": inner}))
        results = [
            await client._substrate.submit(create, owner.coldkey),
            await client.execute(bt.ContributeCrowdloan(crowdloan_id=0, amount_tao=150), owner),
            await client.execute(bt.FinalizeCrowdloan(crowdloan_id=0), owner),
        ]
        return [*results, await client.read("lease", lease_id=0)]

    *results, found = with_client(chain, work)
    assert [result.message for result in results if not result.success] == []
    assert (found["netuid"], found["beneficiary"]) == (1, owner.coldkeypub.ss58_address)
