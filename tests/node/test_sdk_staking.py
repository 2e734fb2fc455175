"""Staking through the official SDK, as its users write it: intents, quotes and prices, over the lab's chain."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import bittensor as bt
import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call
from tao_lab.chain.executive import author
from tao_lab.chain.pallets.balances import free_balance
from tao_lab.chain.pallets.subtensor.alpha_fees import paying_stakes
from tao_lab.chain.pallets.subtensor.baskets import queue_dividends
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.pool import current_alpha_price, read_pool
from tao_lab.chain.pallets.subtensor.stake import increase_stake, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.tao import mint_alpha_out, transfer_tao
from tao_lab.economy import swap
from tao_lab.node.rpc import Node
from tao_lab.node.substrate import LocalSubstrate
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import add_hotkey
from tests.chain.subtensor.pools import give, market

MINER, HELPER = account("miner"), account("helper")


class Student:
    """A wallet of the SDK with 100 TAO, on a chain with two pools."""

    def __init__(self, chain: Chain, folder: str) -> None:
        self.chain = chain
        self.wallet = bt.Wallet("student", path=folder).create_new_coldkey(use_password=False, suppress=True)
        self.coldkey = str(self.wallet.coldkeypub.ss58_address)
        ctx = self.context()
        market(ctx)
        give(ctx, self.coldkey, 100 * TAO)

    def context(self) -> Context:
        """The state, open for changes that no extrinsic makes."""
        return Context(self.chain.runtime, self.chain.state, self.chain.head.number, author(self.chain.state))

    def stake(self, netuid: int, hotkey: str = MINER) -> int:
        return stake_of_coldkey(self.chain.state, hotkey, self.coldkey, netuid)

    def free(self) -> int:
        return free_balance(self.context(), self.coldkey)

    def ask(self, work: Callable[[bt.Client], Awaitable[Any]]) -> Any:
        """Work with the SDK's client."""

        async def run() -> Any:
            async with bt.Client("local", substrate=LocalSubstrate(Node(self.chain))) as client:
                return await work(client)

        return asyncio.run(run())

    def owed(self) -> tuple[int, list[dict[str, Any]]]:
        """What the SDK says a claim on root would bring: rao in all, and by hotkey."""

        async def work(client: bt.Client) -> tuple[int, list[dict[str, Any]]]:
            who = {"coldkey_ss58": self.coldkey}
            return (await client.read("root_basket_owed", **who)).rao, await client.read(
                "root_basket_owed_breakdown", **who
            )

        return self.ask(work)

    def does(self, intent: Any) -> Any:
        """Carry out an intent that must succeed."""
        result = self.ask(lambda client: client.execute(intent, self.wallet))
        assert result.success, result.message
        return result


@pytest.fixture
def student(tmp_path: Any) -> Iterator[Student]:
    chain = Chain()
    chain.produce_block()
    yield Student(chain, str(tmp_path))
    chain.close()


def test_prices_and_quotes_are_those_of_the_pool(student: Student) -> None:
    async def work(client: bt.Client) -> tuple[Any, ...]:
        return (
            await client.read("alpha_price", netuid=1),
            await client.read("alpha_prices"),
            await client.read("quote_stake", netuid=1, amount_tao=10),
            await client.read("quote_unstake", netuid=1, amount_alpha=10),
            await client.read("quote_unstake", netuid=9, amount_alpha=10),
        )

    price, prices, buy, sell, nowhere = student.ask(work)
    assert price["price_rao"] == 250_000_000 == current_alpha_price(student.chain.state, 1) * TAO >> 64
    assert prices == {0: 1.0, 1: 0.25, 2: 0.125}
    pool = read_pool(student.chain.state, 1)
    bought, sold = swap(pool, "buy", 10 * TAO), swap(pool, "sell", 10 * TAO)
    assert (buy.tao.rao, buy.alpha.rao, buy.tao_fee.rao) == (bought.paid, bought.received, bought.fee)
    assert buy.alpha_slippage.rao == 40 * TAO - bought.received
    assert (sell.tao.rao, sell.alpha.rao, sell.alpha_fee.rao) == (sold.received, sold.paid, sold.fee)
    assert sell.tao_slippage.rao == 2_500_000_000 - sold.received
    assert nowhere.tao.rao == 0


def test_staking_and_unstaking(student: Student) -> None:
    student.does(bt.AddStake(hotkey_ss58=MINER, netuid=1, amount_tao=10))
    assert 39 * TAO < student.stake(1) < 40 * TAO
    held = student.stake(1)
    student.does(bt.RemoveStake(hotkey_ss58=MINER, netuid=1, amount_alpha=10))
    assert held - student.stake(1) == 10 * TAO
    student.does(bt.RemoveStake(hotkey_ss58=MINER, netuid=1, amount_alpha="all"))
    assert student.stake(1) == 0
    assert 99.8 * TAO < student.free() < 100 * TAO


def test_with_limits(student: Student) -> None:
    student.does(
        bt.AddStakeLimit(hotkey_ss58=MINER, netuid=1, amount_tao=90, limit_price_rao=270_000_000, allow_partial=True)
    )
    assert 0.26 < current_alpha_price(student.chain.state, 1) / 2**64 <= 0.27
    student.does(
        bt.RemoveStakeLimit(
            hotkey_ss58=MINER, netuid=1, amount_alpha=5, limit_price_rao=100_000_000, allow_partial=False
        )
    )
    tight = bt.AddStakeLimit(
        hotkey_ss58=MINER, netuid=1, amount_tao=50, limit_price_rao=270_000_000, allow_partial=False
    )
    before = student.free()
    result = student.ask(lambda client: client.execute(tight, student.wallet))
    assert not result.success
    assert result.error.name == "SlippageTooHigh"
    assert 0 < before - student.free() < TAO // 100  # the fee


def test_moving_swapping_and_giving(student: Student) -> None:
    student.does(bt.AddStake(hotkey_ss58=MINER, netuid=1, amount_tao=20))
    student.does(
        bt.MoveStake(origin_hotkey_ss58=MINER, dest_hotkey_ss58=HELPER, origin_netuid=1, dest_netuid=1, amount_alpha=10)
    )
    assert student.stake(1, HELPER) == pytest.approx(10 * TAO, abs=2)
    student.does(
        bt.MoveStake(origin_hotkey_ss58=MINER, dest_hotkey_ss58=HELPER, origin_netuid=1, dest_netuid=2, amount_alpha=10)
    )
    assert student.stake(2, HELPER) > 19 * TAO
    student.does(bt.SwapStake(hotkey_ss58=MINER, origin_netuid=1, dest_netuid=0, amount_alpha=10))
    assert 2.4 * TAO < student.stake(0) < 2.7 * TAO
    student.does(
        bt.TransferStake(
            dest_coldkey_ss58=account("bob"), hotkey_ss58=MINER, origin_netuid=1, dest_netuid=1, amount_alpha=10
        )
    )
    assert stake_of_coldkey(student.chain.state, MINER, account("bob"), 1) == pytest.approx(10 * TAO, abs=2)


def test_unstaking_everything(student: Student) -> None:
    for netuid in (0, 1, 2):
        student.does(bt.AddStake(hotkey_ss58=MINER, netuid=netuid, amount_tao=5))
    student.does(bt.UnstakeAllAlpha(hotkey_ss58=MINER))
    assert (student.stake(1), student.stake(2)) == (0, 0)
    assert student.stake(0) > 14.9 * TAO
    student.does(bt.UnstakeAll(hotkey_ss58=MINER))
    assert student.stake(0) == 0


def test_claiming_on_root(student: Student) -> None:
    student.does(bt.AddStake(hotkey_ss58=MINER, netuid=0, amount_tao=10))
    state, before = student.chain.state, student.stake(0)
    state.put(MODULE, "Uids", 0, MINER, 0)
    mint_alpha_out(student.context(), 1, 5 * TAO)
    queue_dividends(student.context(), 1, [(MINER, 5 * TAO)])
    student.chain.produce_block()  # they enter the basket: nobody else is queued
    owed, parts = student.owed()
    assert parts == [{"hotkey": MINER, "owed_tao": bt.Balance.from_rao(owed)}]
    state.put(MODULE, "RootClaimableThreshold", 0, {"bits": 1 << 120})
    student.does(bt.ClaimRoot())
    assert student.stake(0) == before  # below the threshold
    assert student.owed() == (owed, parts)  # what is too little to claim is owed all the same
    state.put(MODULE, "RootClaimableThreshold", 0, {"bits": 0})
    student.does(bt.ClaimRootWithHotkey(hotkey_ss58=MINER))
    assert 1.2 * TAO < student.stake(0) - before == owed < 1.25 * TAO
    assert student.owed()[0] <= 1  # the watermark is rounded down


def test_a_coldkey_without_tao_pays_its_fee_in_alpha(student: Student) -> None:
    ctx = student.context()
    student.does(bt.AddStake(hotkey_ss58=MINER, netuid=1, amount_tao=10))
    transfer_tao(ctx, student.coldkey, account("bob"), student.free() - 1_000)
    held, before = student.stake(1), student.free()
    result = student.does(bt.RemoveStake(hotkey_ss58=MINER, netuid=1, amount_alpha=4))
    events = student.chain.events(student.chain.head.number)
    paid = [event["attributes"] for event in events if event["event_id"] == "TransactionFeePaidWithAlpha"]
    assert [fee["who"] for fee in paid] == [student.coldkey]
    assert paid[0]["tao_amount"] == pytest.approx(result.fee.rao, rel=1e-3)
    assert held - student.stake(1) == 4 * TAO + paid[0]["alpha_fee"]
    assert student.free() > before


def test_without_enough_alpha_the_extrinsic_stays_out(student: Student) -> None:
    ctx = student.context()
    transfer_tao(ctx, student.coldkey, account("bob"), student.free() - 1_000)
    add_hotkey(ctx, "poor", "carol")
    increase_stake(ctx, account("poor"), student.coldkey, 1, 1_000)
    intent = bt.RemoveStake(hotkey_ss58=account("poor"), netuid=1, amount_alpha="all", slippage_protection=False)
    height = student.chain.head.number
    result = student.ask(lambda client: client.execute(intent, student.wallet))
    assert not result.success
    assert "cannot cover the transaction fee" in result.message
    assert student.chain.head.number == height


def test_only_calls_that_take_stake_out_are_paid_with_it(student: Student) -> None:
    state = student.chain.state
    take = Call(MODULE, "remove_stake", {"hotkey": MINER, "netuid": 1, "amount_unstaked": 1})
    assert paying_stakes(state, student.coldkey, take) == [(MINER, 1)]
    assert paying_stakes(state, student.coldkey, Call(MODULE, "add_stake", {"hotkey": MINER, "netuid": 1})) == []
    assert paying_stakes(state, student.coldkey, Call(MODULE, "unstake_all", {"hotkey": MINER})) == []


def test_the_blocking_client_too(student: Student) -> None:
    with bt.Subtensor("local", substrate=LocalSubstrate(Node(student.chain))) as subtensor:
        result = subtensor.execute(bt.AddStake(hotkey_ss58=MINER, netuid=1, amount_tao=1), student.wallet)
        assert result.success, result.message
    assert student.stake(1) > 3.9 * TAO
