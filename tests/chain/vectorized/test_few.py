"""A chain with few subnets goes another way than one with many, and comes to the same state."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.bench.population import Size
from tao_lab.chain.chain import Chain
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.vectorized import emission, few
from tests.chain.vectorized.test_emission import assert_same, both_ways, drawn_state

SIZE = Size(subnets=2, neurons=6, validators=3, tempo=4)


def count_calls(module: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a function of a module gives from now on."""
    given: list[Any] = []
    real = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *arguments: given.append(real(*arguments)) or given[-1])
    return given


def test_the_state_is_the_same_over_some_tempos(monkeypatch: pytest.MonkeyPatch) -> None:
    used, columns = count_calls(few, "emit", monkeypatch), count_calls(emission, "emit", monkeypatch)
    assert_same(both_ways(lambda chain: None, 2 * SIZE.tempo, SIZE))
    assert used == [True] * 2 * SIZE.tempo
    assert not columns


@pytest.mark.parametrize("subnets", [few.FEW - 1, few.FEW, few.FEW + 1])
def test_few_and_many_meet_without_a_gap(subnets: int, monkeypatch: pytest.MonkeyPatch) -> None:
    used, columns = count_calls(few, "emit", monkeypatch), count_calls(emission, "emit", monkeypatch)
    assert_same(both_ways(lambda chain: None, 2, Size(subnets, neurons=2, validators=1, tempo=50)))
    assert (len(used), len(columns)) == ((2, 0) if subnets <= few.FEW else (0, 2))


def test_prices_and_difficulties_of_a_place_fall_alike() -> None:
    def prepare(chain: Chain) -> None:
        for item, value in (("Burn", 7 * 10**9), ("Difficulty", 10**9), ("MinBurn", 1), ("RegistrationsThisBlock", 3)):
            chain.state.put(MODULE, item, 1, value)
        chain.state.put(MODULE, "Difficulty", 2, 5)  # below the lowest

    chains = both_ways(prepare, 3, SIZE)
    assert chains[0].state.get(MODULE, "Burn", 1) < 7 * 10**9
    assert chains[0].state.get(MODULE, "Difficulty", 1) < 10**9
    assert chains[0].state.get(MODULE, "RegistrationsThisBlock", 1) == 0
    assert_same(chains)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_the_state_is_the_same_whatever_the_subnets_are_like(data: st.DataObject) -> None:
    assert_same(both_ways(drawn_state(data, SIZE), 3, SIZE))
