"""Stake after parents and children, numbers of the public chain's tests (`pallets/subtensor/src/tests/children.rs`)."""

from dataclasses import replace

import numpy as np
import pytest

from tao_lab.consensus import EpochInput, EpochTerms, epoch, inherited_stake, total_stake
from tao_lab.consensus.stake import stake_shares
from tao_lab.consensus.types import EpochInputError
from tao_lab.fixed import EXACT, FLOAT

ALL = (1 << 64) - 1
HALF = ALL // 2
TAO_WEIGHT = 971_718_665_099_567_868


def small_input(**changes: object) -> EpochInput:
    data = {
        "n": 2, "block": 100, "tempo": 10, "last_step_block": 90, "activity_cutoff": 1_000, "kappa": 32_767,
        "bonds_penalty": 65_535, "bonds_moving_average": 900_000, "yuma3": False, "liquid_alpha": None,
        "max_validators": 2, "min_stake": 0, "owner_uid": None, "emission": 1_000, "stake": [1, 2],
        "validator_permit": [True, True], "last_update": [99, 99], "registered_at": [1, 1],
        "weights": [[0, [[1, 65_535]]]], "bonds": [],
    }  # fmt: skip
    return EpochInput.from_json({**data, **changes})


@pytest.mark.parametrize(
    ("own", "to_children", "from_parents", "expected"),
    [
        (1_000, [], [], 1_000),
        (1_000, [ALL], [], 0),
        (0, [], [(ALL, 1_000)], 1_000),
        (1_000, [HALF], [], 500),
        (0, [], [(HALF, 1_000)], 499),  # in U96F32 half of 2^64 - 1 is a little less than one half
        (1_000, [ALL, ALL], [], 0),
        (ALL, [], [(ALL, ALL)], ALL),
    ],
)
def test_parents_lend_and_children_inherit(
    own: int, to_children: list[int], from_parents: list[tuple[int, int]], expected: int
) -> None:
    assert inherited_stake(own, to_children, from_parents) == expected


def test_root_stake_counts_with_its_weight_and_leaves_a_fraction() -> None:
    weight = (TAO_WEIGHT << 32) // ALL
    stake = total_stake(5, 1_000, TAO_WEIGHT)
    assert stake.rao == 5 + (1_000 * weight >> 32) == 57
    assert stake.fraction == (1_000 * weight & 0xFFFF_FFFF) << 32


def test_all_of_the_weight_is_one() -> None:
    assert total_stake(0, 1_000, ALL) == (1_000, 0)


def test_a_fraction_of_a_rao_moves_a_share() -> None:
    stake, half = np.array([1, 2], np.uint64), np.array([1 << 63, 0], np.uint64)
    whole = stake_shares(stake, 0, None)
    assert whole.tolist() == [(1 << 32) // 3, (2 << 32) // 3]
    shares = stake_shares(stake, 0, None, EXACT, half)  # 1.5 and 2 of 3.5
    assert shares.tolist() == [(3 << 32) // 7, (4 << 32) // 7]
    assert stake_shares(stake, 0, None, FLOAT, half).tolist() == [1.5 / 3.5, 2 / 3.5]


def test_a_fraction_does_not_lift_a_stake_over_the_threshold() -> None:
    stake, almost = np.array([1, 2], np.uint64), np.array([ALL, 0], np.uint64)
    assert stake_shares(stake, 2, None, EXACT, almost).tolist() == [0, 1 << 32]


def test_fractions_of_nothing_change_nothing() -> None:
    inputs = small_input()
    same = replace(inputs, stake_fraction=np.zeros(2, np.uint64))
    assert epoch(inputs).terms().to_json() == epoch(same).terms().to_json()
    read = small_input(stake_fraction=[1 << 63, 0])
    assert epoch(read).terms().stake_weight.tolist() == [65_535 * 3 // 7, 65_535 * 4 // 7]


def test_fractions_need_one_entry_for_each_neuron() -> None:
    with pytest.raises(EpochInputError, match="stake_fraction: 1 entries; allowed: n = 2"):
        small_input(stake_fraction=[1])


def test_terms_survive_the_way_through_json() -> None:
    terms = epoch(small_input()).terms()
    assert EpochTerms.from_json(2, terms.to_json()).to_json() == terms.to_json()


def test_terms_with_a_missing_field_are_refused() -> None:
    data = epoch(small_input()).terms().to_json()
    del data["consensus"]
    with pytest.raises(EpochInputError, match="missing field 'consensus'"):
        EpochTerms.from_json(2, data)
