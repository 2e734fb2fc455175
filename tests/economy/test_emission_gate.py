"""The bar of the emission gate by quantile: the source's numbers, and what happens exactly at the quantile.

Source: `emission_gate_bar_update_cadence` in `pallets/subtensor/src/tests/subnet_emissions.rs`;
`maybe_update_emission_gate_bar` in `pallets/subtensor/src/coinbase/subnet_emissions.rs`.
"""

import pytest

from tao_lab.economy import emission_gate_bar

ONE = 1 << 64  # raw U64F64 value of a share of one


@pytest.mark.parametrize(
    ("tenths", "quantile", "bar"),
    [
        pytest.param([7, 2, 1], ONE * 61 // 100, 7, id="the first is enough"),
        pytest.param([3, 3, 3], ONE * 61 // 100, 3, id="the third equal share is needed"),
        pytest.param([5, 3, 2], ONE // 10 * 5, 5, id="the first reaches it exactly"),
        pytest.param([5, 3, 2], ONE // 10 * 5 + 1, 3, id="the first is one unit short"),
        pytest.param([2, 5, 3], ONE // 10 * 8, 3, id="in any order"),
        pytest.param([5, 3], ONE, 3, id="all together do not reach it"),
    ],
)
def test_the_bar_is_the_share_with_which_the_largest_reach_the_quantile(tenths, quantile, bar):
    demand = [ONE // 10 * share for share in tenths]
    assert emission_gate_bar(demand, rank=0, quantile=quantile) == ONE // 10 * bar
