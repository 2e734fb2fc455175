"""The usual epoch writes the very state that the readable rule writes, whatever is written between the epochs."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.bench.population import account
from tao_lab.chain.chain import Chain
from tao_lab.chain.pallets.subtensor import epochs
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.null_consensus import NULL
from tao_lab.chain.vectorized import yuma
from tests.chain.vectorized.test_emission import SIZE, assert_same, both_ways

rows = st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), max_size=4), min_size=5, max_size=5)


def written(changes: list[Any]) -> Callable[[Chain], None]:
    return lambda chain: [chain.state.put(MODULE, item, *args) for item, *args in changes].clear()


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_the_state_is_the_same_whatever_was_written(data: st.DataObject) -> None:
    netuids, uids, flags = st.integers(1, SIZE.subnets), st.integers(0, SIZE.neurons - 1), st.booleans()
    hotkey, u16, few = st.builds(account, netuids, uids), st.integers(0, 65_535), st.integers(0, 9)
    entries = st.lists(st.tuples(st.integers(0, 9), u16), max_size=4)
    writes = st.one_of(
        st.tuples(st.just("Weights"), netuids, uids, entries),
        st.tuples(st.just("Bonds"), netuids, uids, entries),
        st.tuples(st.just("Keys"), netuids, uids, hotkey),
        st.tuples(st.just("BlockAtRegistration"), netuids, uids, few),
        st.tuples(st.just("SubnetworkN"), netuids, st.integers(SIZE.neurons, SIZE.neurons + 2)),
        st.tuples(st.just("ValidatorPermit"), netuids, st.lists(flags, max_size=9)),
        st.tuples(st.just("LastUpdate"), netuids, st.lists(few, max_size=9)),
        st.tuples(st.just("TotalHotkeyAlpha"), hotkey, netuids, st.sampled_from([0, 10**12, 2**61, 2**62])),
        st.tuples(st.just("TotalHotkeyAlpha"), hotkey, st.just(ROOT_NETUID), st.sampled_from([0, 10**12, 2**62])),
        st.tuples(st.just("ChildKeys"), hotkey, netuids, st.lists(st.tuples(st.just(2**62), hotkey), max_size=1)),
        st.tuples(st.just("SubnetOwnerHotkey"), netuids, hotkey),
        st.tuples(st.just("SubnetEpochConsensus"), netuids, st.just(NULL)),
        st.tuples(st.just("MechanismCountCurrent"), netuids, st.just(2)),
        st.tuples(st.just("MechanismEmissionSplit"), netuids, st.lists(u16, max_size=2)),
        st.tuples(st.just("VotingPowerTrackingEnabled"), netuids, st.just(True)),
        st.tuples(st.just("CommitRevealWeightsEnabled"), netuids, flags),
        st.tuples(st.just("WeightCommits"), netuids, hotkey, st.just([("0x" + "11" * 32, 0, 3, 9)])),
        st.tuples(st.just("Tempo"), netuids, st.integers(1, 9)),
        st.tuples(st.just("ActivityCutoffFactorMilli"), netuids, st.integers(0, 2_000)),
        st.tuples(st.just("Kappa"), netuids, u16),
        st.tuples(st.just("BondsPenalty"), netuids, u16),
        st.tuples(st.just("BondsMovingAverage"), netuids, st.integers(0, 1_000_000)),
        st.tuples(st.just("Yuma3On"), netuids, flags),
        st.tuples(st.just("LiquidAlphaOn"), netuids, flags),
        st.tuples(st.just("MaxAllowedValidators"), netuids, few),
        st.tuples(st.just("StakeThreshold"), st.sampled_from([0, 10**12, 10**15])),
        st.tuples(st.just("LastYumaStepBlock"), netuids, few),
        st.tuples(st.just("TaoWeight"), st.integers(0, 2**64 - 1)),
    )
    before, after = (data.draw(st.lists(writes, max_size=6)) for _ in range(2))
    assert_same(both_ways(written(before), SIZE.tempo + 1, later=written(after)))


def test_the_epochs_of_usual_subnets_are_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    used = []
    real = yuma.new_rows
    monkeypatch.setattr(yuma, "new_rows", lambda *arguments: used.append(real(*arguments)) or used[-1])
    assert_same(both_ways(lambda chain: None, 2 * SIZE.tempo + 1))
    assert len(used) >= 2 * SIZE.subnets


def test_only_rows_of_bonds_that_have_changed_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []

    def compare(before: Any, after: Any, changed: Any) -> None:
        real(before, after, changed)
        written.append(int(changed.sum()))

    real = yuma.compare_rows
    monkeypatch.setattr(yuma, "compare_rows", compare)
    assert_same(both_ways(lambda chain: None, 3 * SIZE.tempo + 1))
    assert written
    assert max(written) <= SIZE.validators


def test_a_row_that_is_cut_off_is_left_to_the_readable_rule() -> None:
    def cut(chain: Chain) -> None:
        chain.state.raw.put(chain.state.key(MODULE, "Bonds", 1, 0), b"\x15")  # the first byte of two that say how many

    assert_same(both_ways(lambda chain: None, SIZE.tempo + 1, later=cut))


@given(rows, rows)
def test_rows_are_compared_entry_by_entry(before: list[Any], after: list[Any]) -> None:
    def stored(rows: list[Any]) -> Any:
        entries = np.array([entry for row in rows for entry in row], np.uint16).reshape(-1, 2)
        return np.cumsum([0, *map(len, rows)]), entries

    changed = np.zeros(5, np.bool_)
    yuma.compare_rows(stored(before), stored(after), changed)
    assert changed.tolist() == [one != other for one, other in zip(before, after, strict=True)]


@pytest.mark.parametrize("function", ["hotkeys_by_uid", "_rows", "row_length"])
def test_after_an_interruption_everything_is_read_again(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    owner = epochs if function == "row_length" else yuma
    real, calls = getattr(owner, function), []

    def stop(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    def interrupt(chain: Chain) -> None:
        calls.clear()
        chain.state.put(MODULE, "Keys", 1, SIZE.neurons - 1, account(9, 9))
        chain.state.put(MODULE, "Weights", 2, 1, [(4, 9), (5, 1)])
        with monkeypatch.context() as patch:
            patch.setattr(owner, function, stop)
            for _ in range(SIZE.tempo):
                with suppress(KeyboardInterrupt):
                    chain.produce_block()
                    continue
                chain.produce_block()

    assert_same(both_ways(lambda chain: None, 2 * SIZE.tempo, later=interrupt))
