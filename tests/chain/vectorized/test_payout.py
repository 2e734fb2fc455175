"""Paying out a subnet at once gives the very numbers, and the very state, that hotkey by hotkey gives."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.bench.population import account
from tao_lab.chain.chain import Chain
from tao_lab.chain.pallets.subtensor import distribution
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.null_consensus import NULL
from tao_lab.chain.state import StorageReader
from tao_lab.chain.vectorized import payout as payout_twin
from tao_lab.economy import HotkeyEmission, Pending, Staked, dividends
from tao_lab.economy.fixed128 import u16_share, u64_share
from tao_lab.economy.share_pool import ZERO, Pool, SafeFloat, change_stake, safe_float
from tao_lab.economy.vectorized import payout
from tests.chain.vectorized.test_emission import SIZE, assert_same, both_ways

rao = st.sampled_from([0, 1, 10**9]) | st.integers(0, 10**16)
shares = st.just(ZERO) | st.builds(safe_float, st.integers(1, 10**25), st.integers(-9, 3))
hotkeys = st.tuples(rao, rao, rao, rao, st.integers(0, 65_535), st.booleans())
OWNER = "owner"


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(hotkeys, min_size=1, max_size=6), rao, rao, rao, st.integers(0, 2**64 - 1))
def test_the_pots_are_divided_as_dividends_says(
    rows: list[Any], server: int, validator: int, root: int, tao_weight: int
) -> None:
    staked = {
        str(i): Staked(alpha, on_root, OWNER, take, on_root=has_uid)
        for i, (_, _, alpha, on_root, take, has_uid) in enumerate(rows)
    }
    emission = [HotkeyEmission(str(i), row[0], row[1]) for i, row in enumerate(rows)]
    expected = dividends(Pending(server, validator, root), emission, staked, tao_weight, 0)
    table = np.zeros(len(rows), payout.HOTKEY)
    for row, (served, validated, alpha, on_root, take, has_uid) in zip(table, rows, strict=True):
        row["server"], row["validator"], row["alpha"], row["root"] = served, validated, alpha, on_root
        row["take"], row["on_root"] = u16_share(take), has_uid
    pot = validator if table["server"].any() else validator + server
    arguments = (np.uint64(pot), np.uint64(root), np.uint64(u64_share(tao_weight)))
    computed, assigned = payout.divide_pots(table, *arguments)
    assert computed
    assert (0 if assigned else root) == expected.recycled
    for name, row in zip(staked, table, strict=True):
        assert (row["alpha_take"], row["alpha_rest"]) == expected.alpha[name][:2]
        assert (row["root_take"], row["root_rest"]) == expected.root[name][:2]


@pytest.mark.slow
@settings(deadline=None)
@given(rao, shares, shares, st.lists(rao, min_size=4, max_size=4), st.booleans(), rao)
def test_stakes_grow_as_share_pools_do(
    amount: int, total: SafeFloat, share: SafeFloat, paid: list[int], immune: bool, cut: int
) -> None:
    table = np.zeros(1, payout.HOTKEY)
    row = table[0]
    row["rao"], row["immune"], row["cut"] = amount, immune, cut
    for field, value in zip(("server", "alpha_take", "alpha_rest", "root_take"), paid, strict=True):
        row[field] = value
    row["shares"], row["share"] = words(total), words(share)
    assert payout.pay(table)
    pool, mine = Pool(amount, total), share
    for more in (cut, 0 if immune else paid[0], paid[1]):
        pool, mine = change_stake(pool, mine, more) if more else (pool, mine)
    if pool.shares.mantissa:
        pool = Pool(pool.rao + paid[2], pool.shares)
    elif paid[2]:
        pool, mine = change_stake(pool, mine, paid[2])
    assert int(row["last"]) == pool.rao
    if paid[3]:
        pool, mine = change_stake(pool, mine, paid[3])
    assert int(row["rao"]) == pool.rao
    assert row["shares"].tolist() == words(pool.shares)
    assert row["share"].tolist() == words(mine)


def words(number: SafeFloat) -> list[int]:
    return [number.mantissa % 2**64, number.mantissa >> 64, number.exponent % 2**64]


def test_numbers_that_are_not_in_normal_form_are_left_to_the_rule() -> None:
    table = np.zeros(1, payout.HOTKEY)
    table[0]["rao"], table[0]["shares"] = 5, [7, 0, 0]
    assert not payout.pay(table)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_the_state_is_the_same_whoever_is_paid(data: st.DataObject) -> None:
    netuids, uids = st.integers(1, SIZE.subnets), st.integers(0, SIZE.neurons - 1)
    hotkey = st.builds(account, netuids, uids)
    coldkey = st.builds(lambda netuid, uid: account(netuid, uid, 1), netuids, uids)
    writes = st.one_of(
        st.tuples(st.just("Delegates"), hotkey, st.integers(0, 65_535)),
        st.tuples(st.just("Owner"), hotkey, coldkey),
        st.tuples(st.just("AutoStakeDestination"), coldkey, netuids, hotkey),
        st.tuples(st.just("ParentKeys"), hotkey, netuids, st.lists(st.tuples(st.just(2**62), hotkey), max_size=1)),
        st.tuples(st.just("TotalHotkeyAlpha"), hotkey, netuids, st.sampled_from([0, 2**62])),
        st.tuples(st.just("AlphaDividendsPerSubnet"), netuids, coldkey, st.just(5)),
        st.tuples(st.just("PendingBasketDeposits"), hotkey, netuids, st.just(5)),
        st.tuples(st.just("TotalHotkeySharesV2"), hotkey, netuids, st.just({"mantissa": 0, "exponent": 0})),
        st.tuples(st.just("SubnetEpochConsensus"), netuids, st.just(NULL)),
        st.tuples(st.just("StakingHotkeys"), coldkey, st.lists(hotkey, max_size=2, unique=True)),
        st.tuples(st.just("SubnetOwner"), netuids, coldkey),
        st.tuples(st.just("RecycleOrBurn"), netuids, st.sampled_from(["Burn", "Recycle"])),
        st.tuples(st.just("SubnetOwnerHotkey"), netuids, hotkey),
        st.tuples(st.just("OwnedHotkeys"), coldkey, st.lists(hotkey, max_size=2, unique=True)),
        st.tuples(st.just("OwnerCutAutoLockEnabled"), netuids, st.booleans()),
        st.tuples(st.just("Uids"), st.just(ROOT_NETUID), hotkey, st.integers(0, 5)),
        st.tuples(st.just("BlockAtRegistration"), netuids, uids, st.integers(0, 8)),
        st.tuples(st.just("Weights"), netuids, uids, st.just([(5, 3), (4, 7), (9, 1)])),
    )
    before, after = (data.draw(st.lists(writes, max_size=6)) for _ in range(2))

    def write(changes: list[Any]) -> Callable[[Chain], None]:
        return lambda chain: [chain.state.put(MODULE, item, *args) for item, *args in changes].clear()

    assert_same(both_ways(write(before), SIZE.tempo + 1, later=write(after)))


def test_the_pay_out_of_usual_subnets_is_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    used = []
    real = payout_twin.pay
    monkeypatch.setattr(payout_twin, "pay", lambda table: used.append(real(table)) or used[-1])
    assert_same(both_ways(lambda chain: None, SIZE.tempo + 1))
    assert used == [True] * len(used)
    assert len(used) >= SIZE.subnets


@pytest.mark.slow
def test_an_owners_hotkeys_are_listed_in_the_order_of_their_first_pay() -> None:
    """All incentives come before the first dividend: a miner is listed before a validator with a lower key."""
    owner = account(1, 1, 1)  # of uid 1, a validator

    def prepare(chain: Chain) -> None:
        chain.state.put(MODULE, "Owner", account(1, SIZE.neurons - 1), owner)
        chain.state.put(MODULE, "StakingHotkeys", owner, [])

    chains = both_ways(prepare, SIZE.tempo + 1)
    assert chains[0].state.get(MODULE, "StakingHotkeys", owner)[:2] == [account(1, SIZE.neurons - 1), account(1, 1)]
    assert_same(chains)


def test_after_an_interruption_everything_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(state: StorageReader, netuid: int) -> list[str]:
        if netuid == 1:
            raise KeyboardInterrupt
        return read(state, netuid)

    read = distribution.owner_hotkeys

    def produce(chain: Chain, blocks: int) -> None:
        for _ in range(blocks):
            chain.produce_block()

    def seat_another(chain: Chain) -> None:
        chain.state.put(MODULE, "Keys", 1, SIZE.neurons - 1, account(9, 9))
        with monkeypatch.context() as patch:
            patch.setattr(distribution, "owner_hotkeys", stop)
            with pytest.raises(KeyboardInterrupt):
                produce(chain, SIZE.tempo + 1)

    assert_same(both_ways(lambda chain: None, 2 * SIZE.tempo, later=seat_another))


@pytest.mark.parametrize("n", [1, 2])
def test_a_columns_rows_are_not_in_the_table_of_the_pay_out(n: int) -> None:
    table = np.zeros(n, payout.HOTKEY)
    rows = payout_twin._bytes(table, "rao")
    assert not np.shares_memory(rows, table)
    assert rows.view("<u8").flags.aligned  # as compiled functions need it
