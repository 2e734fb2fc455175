"""Supply over time: the way from halving to halving is the way of the blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.economy import block_emission, issuance_after
from tao_lab.economy.block_emission import TOTAL_SUPPLY
from tao_lab.economy.issuance import eras, kept_of, next_halving

TAO = 10**9
percents = st.integers(0, 100)


@given(st.integers(1, 31), st.integers(0, 3 * TAO), st.integers(0, 40), percents)
def test_many_blocks_at_once_are_the_blocks_one_by_one(halvings, before, blocks, recycled):
    issuance = start = max(TOTAL_SUPPLY - (TOTAL_SUPPLY >> halvings) - before, 0)
    for _ in range(blocks):
        issuance += kept_of(block_emission(issuance), recycled)
    assert issuance_after(start, blocks, recycled) == issuance


@given(st.integers(0, TOTAL_SUPPLY - 1))
def test_the_next_halving_is_the_first_issuance_at_which_blocks_issue_less(issuance):
    limit = next_halving(issuance)
    if limit is None:
        assert block_emission(issuance) == 0
        return
    assert limit > issuance
    assert block_emission(limit - 1) == block_emission(issuance) > block_emission(limit)


def test_nothing_is_recycled_unless_asked():
    assert issuance_after(0, 7_200) == 7_200 * TAO
    assert list(eras(0))[1] == (10_500_000, 10_500_000 * TAO, TAO // 2)


def test_the_last_rao_is_issued_after_thirty_halvings_and_below_the_limit():
    last = list(eras(0))[-1]
    assert (len(list(eras(0))), last.emission) == (31, 0)
    assert TOTAL_SUPPLY - TAO < last.issuance < TOTAL_SUPPLY
    assert issuance_after(0, last.blocks) == issuance_after(0, last.blocks + 10**9) == last.issuance


@pytest.mark.parametrize(("recycled", "halving"), [(0, 9_500_000), (50, 19_000_000)])
def test_recycling_half_of_every_block_takes_twice_as_long_to_the_halving(recycled, halving):
    assert list(eras(1_000_000 * TAO, recycled))[1].blocks == halving


def test_where_all_is_recycled_the_first_era_never_ends():
    assert [era.emission for era in eras(0, 100)] == [TAO]
