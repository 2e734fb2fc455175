"""Which neuron makes room. Numbers from `pallets/subtensor/src/tests/{registration,uids,networks}.rs`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.economy.dissolution import split_pot
from tao_lab.economy.pruning import Neuron, Subnet, neuron_to_prune, subnet_to_prune


def neurons(*emission, immune=(), immortal=(), blocks=None):
    blocks = blocks or range(len(emission))
    return [
        Neuron(uid, rao, block, uid in immune, uid in immortal)
        for uid, (rao, block) in enumerate(zip(emission, blocks, strict=True))
    ]


@pytest.mark.parametrize(
    ("subnet", "min_non_immune", "uid"),
    [
        ([], 0, None),
        (neurons(9, 3, 5), 0, 1),
        (neurons(5, 5, 5), 0, 0),  # the oldest of equals
        (neurons(5, 5, 5, blocks=[3, 1, 2]), 0, 1),
        (neurons(5, 5, 5, blocks=[2, 1, 1]), 0, 1),  # then the lowest UID
        (neurons(9, 8, 7, immune={0, 1, 2}), 0, 2),  # all immune: one of them goes
        (neurons(9, 8, 0, immune={2}), 0, 1),
        (neurons(9, 8, 7, 6, immune={3}), 3, 3),  # no more than the floor are free
        (neurons(9, 8, 7, 6, immune={3}), 2, 2),
        (neurons(1, 2, 3, immortal={0}), 0, 1),
        (neurons(1, 2, 3, immortal={0, 1, 2}), 0, None),
        (neurons(1, 2, 3, immortal={0}), 2, None),  # the floor protects the free, and nobody is immune
    ],
)
def test_the_weakest_goes(subnet, min_non_immune, uid):
    assert neuron_to_prune(subnet, min_non_immune) == uid


@pytest.mark.parametrize(
    ("subnets", "block", "netuid"),
    [
        ([], 100, None),
        ([Subnet(1, 5, 0)], 9, None),
        ([Subnet(1, 5, 0)], 10, 1),
        ([Subnet(1, 10, 0), Subnet(2, 1, 0)], 20, 2),
        ([Subnet(1, 5, 0), Subnet(2, 1, 15)], 20, 1),
        ([Subnet(1, 7, 1), Subnet(2, 7, 0)], 20, 2),
        ([Subnet(4, 7, 0), Subnet(3, 7, 0)], 20, 4),
    ],
)
def test_the_cheapest_subnet_goes(subnets, block, netuid):
    assert subnet_to_prune(subnets, block, immunity_period=10) == netuid


@pytest.mark.parametrize(
    ("pot", "alpha", "shares"),
    [
        (0, [1, 2], [0, 0]),
        (10, [], []),
        (10, [0, 0], [0, 0]),
        (10, [1], [10]),
        (10_000, [300, 700], [3_000, 7_000]),  # dissolve_two_stakers_pro_rata_distribution
        (1, [1, 1], [1, 0]),  # dissolve_rounding_remainder_distribution
        (10, [1, 1, 1], [4, 3, 3]),
        (10, [1, 3, 3], [2, 4, 4]),
    ],
)
def test_a_pot_is_shared_to_the_last_rao(pot, alpha, shares):
    assert split_pot(pot, alpha) == shares


@given(st.integers(0, 2**64 - 1), st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_no_rao_of_a_pot_is_lost_or_made(pot, alpha):
    shares = split_pot(pot, alpha)
    assert sum(shares) == (pot if any(alpha) else 0)
    assert all(share >= pot * held // sum(alpha) for share, held in zip(shares, alpha, strict=True) if held)


@given(st.integers(0, 2**64 - 1), st.lists(st.integers(0, 2**64 - 1), min_size=1), st.integers(1, 2**64 - 1))
def test_what_nobody_holds_keeps_its_part_of_the_pot(pot, alpha, protocol):
    shares, total = split_pot(pot, alpha, protocol), sum(alpha) + protocol
    assert all(0 <= share - pot * held // total <= 1 for share, held in zip(shares, alpha, strict=True))
    assert sum(shares) == pot * sum(alpha) // total
