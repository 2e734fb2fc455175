"""The emission dashboard without a browser: every position by the chain's rules, and in words."""

import pytest

from tao_lab.economy import block_emission, split
from tao_lab.economy.fixed128 import U96F32
from tao_lab.views import EmissionExplorer
from tao_lab.views.money import block_of
from tao_lab.views.panel import PanelError

TAO = 10**9


@pytest.fixture
def explorer():
    return EmissionExplorer()


def test_a_block_at_the_start_is_the_chains_own(explorer):
    block = block_of(explorer.settings)
    assert block.issued == block_emission(8_000_000 * TAO) == TAO
    assert [round(block.gets(name) / TAO, 3) for name in "ABC"] == [0.586, 0.289, 0.125]  # of 5 : 3 : 2
    parts = split(TAO, 11_796, U96F32.one // 5)
    assert (block.parts["owner's cut"], block.parts["miners"], block.parts["root"]) == (
        parts.owner,
        parts.server,
        parts.root,
    )
    assert TAO - 6 <= sum(block.parts.values()) <= TAO


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("issuance", 10.5, "a block issues 0.500 τ instead of 1.000 τ"),
        ("issuance", 9, "and a block still issues 1.000 τ"),
        ("issuance", 21, "A block issues nothing any more"),
        ("recycled", 50, "the next halving is 1.9 years away instead of 1.0"),
        ("price", 100, "its share of the block goes from 58.6 % to 75 %"),
        ("burn", 50, "A's share of the block goes from 58.6 % to 33.3 %"),
        ("root", 100, "the validators with their stakers 0.000 instead of 0.328. Miners lose nothing"),
        ("take", 0, "of each α 0.328 instead of 0.269 is shared"),
    ],
)
def test_every_slider_says_what_it_did_and_reset_brings_the_start_back(explorer, setting, value, said):
    first = explorer.sentence
    explorer.set(**{setting: value})
    assert said in explorer.sentence
    explorer.reset()
    assert explorer.sentence == first


def test_a_slider_that_moves_in_small_steps_is_compared_with_where_it_was_taken_hold_of(explorer):
    for burned in (10, 20, 30):
        explorer.set(burn=burned)
    assert "burns 30 % of its miners' pay instead of 0 %" in explorer.sentence
    explorer.set(take=9)
    assert "burns" not in explorer.sentence


def test_a_subnet_that_burns_all_of_its_miners_pay_gets_no_tao(explorer):
    explorer.set(burn=100)
    assert block_of(explorer.settings).gets("A") == 0
    assert "0 rao to subnet A" in explorer.sentence


def test_a_setting_out_of_range_is_refused_and_changes_nothing(explorer):
    for bad in ({"take": 19}, {"issuance": -1}, {"nothing": 1}):
        with pytest.raises(PanelError):
            explorer.set(**bad)
    assert explorer.settings["take"] == 18
