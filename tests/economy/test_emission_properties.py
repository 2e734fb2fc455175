"""What holds for every block's emission: the oracle agrees, nothing is paid twice, order does not matter."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.economy import (
    HotkeyEmission,
    Pending,
    Staked,
    SubnetPrice,
    dividends,
    root_proportion,
    split,
    subnet_shares,
    subnet_terms,
    update_moving_price,
)
from tao_lab.vectors.kinds import KINDS
from tests.economy import plain_coinbase as plain
from tests.economy.scenarios import _random

ONE32, ONE64, U64, U128 = 2**32, 2**64, 2**64 - 1, 2**128 - 1

prices = st.builds(
    SubnetPrice,
    moving_price=st.integers(-(2**40), 2**40),
    miner_burned=st.one_of(st.just(0), st.just(ONE32), st.integers(0, 2 * ONE32)),
    emission_enabled=st.booleans(),
)


@given(st.lists(prices, max_size=12), st.randoms())
def test_shares_are_parts_of_one_and_go_with_their_subnets(subnets: list[SubnetPrice], draw: random.Random) -> None:
    shares = subnet_shares(subnets)
    assert shares == plain.subnet_shares({"subnets": [vars(subnet) for subnet in subnets]})["shares"]
    assert all(share >= 0 for share in shares)
    assert sum(shares) <= ONE64
    assert sum(shares) == 0 or ONE64 - sum(shares) <= 4 * len(shares) * ONE32  # what truncation may cost
    order = list(range(len(subnets)))
    draw.shuffle(order)
    assert subnet_shares([subnets[i] for i in order]) == [shares[i] for i in order]


@given(
    st.integers(0, 10**10 * ONE32),
    st.integers(0, 10**9),
    st.one_of(st.just(0), st.integers(0, 2**66)),
    st.integers(0, ONE32),
)
def test_terms_spend_the_subnet_s_tao_and_no_more(tao: int, alpha: int, price: int, proportion: int) -> None:
    terms = subnet_terms(tao, alpha, price, proportion)
    data = {"tao_emission": tao, "alpha_emission": alpha, "price": price, "root_proportion": proportion}
    assert vars(terms) == plain.subnet_terms(data)
    assert terms.alpha_in <= proportion * alpha
    assert max(tao, terms.tao_in) == terms.tao_in + terms.excess_tao


@given(st.integers(0, U64), st.integers(0, 65_535), st.integers(0, ONE32))
def test_a_split_leaves_at_most_three_rao(alpha: int, cut: int, proportion: int) -> None:
    parts = split(alpha, cut, proportion)
    assert parts._asdict() == plain.split({"alpha_out": alpha, "owner_cut": cut, "root_proportion": proportion})
    assert 0 <= alpha - sum(parts) <= 3
    assert parts.validator + parts.root - parts.server in (-1, 0)


@given(st.integers(0, 21 * 10**15), st.integers(0, U64), st.integers(0, 21 * 10**15))
def test_root_proportion_is_a_part_of_one_and_falls_as_alpha_grows(tao: int, weight: int, alpha: int) -> None:
    proportion = root_proportion(tao, weight, alpha)
    assert proportion == plain.root_proportion(tao, weight, alpha).word
    assert root_proportion(tao, weight, alpha + 10**9) <= proportion <= ONE32


@given(
    st.integers(0, ONE64),
    st.integers(0, 2 * ONE64),
    st.integers(0, 10**8),
    st.integers(1, 10**6),
    st.integers(0, ONE32),
)
def test_a_moving_price_stays_between_price_and_itself(
    moving: int, price: int, age: int, halving: int, alpha: int
) -> None:
    moved = update_moving_price(moving, price, age, halving, alpha)
    assert moved == plain.update_moving_price(moving, price, age, halving, alpha)
    low, high = sorted((moving >> 32, min(price, ONE64) >> 32))
    assert low - 1 <= moved <= high


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 12))
def test_dividends_pay_no_more_than_the_pots_hold(seed: int, count: int) -> None:
    data = _random(random.Random(seed), count)
    kind = KINDS["dividends"]
    paid = dividends(*kind.arguments(data))
    expected = plain.dividends(data)
    answer = kind.answer(paid)
    assert {name: [[k, list(v)] for k, v in answer[name]] for name in ("alpha", "root")} == {
        name: expected[name] for name in ("alpha", "root")
    }
    assert answer["incentives"] == expected["incentives"]
    assert paid.recycled == expected["recycled"]
    pot = data["pending_validator"] + (0 if any(paid.incentives.values()) else data["pending_server"])
    alpha = sum(amounts.take + amounts.nominators for amounts in paid.alpha.values())
    root = sum(amounts.take + amounts.nominators for amounts in paid.root.values())
    slack = len(paid.alpha) * (2 + (pot >> 32))  # a share is cut to 32 bits, an amount to whole rao
    assert alpha <= pot
    assert alpha == 0 or pot - alpha <= slack
    assert root <= data["pending_root"]


def test_dividends_do_not_depend_on_the_order_of_hotkeys() -> None:
    hotkeys = {
        name: Staked(alpha, root, name, take=11_796) for name, alpha, root in (("a", 5, 9), ("b", 7, 0), ("c", 0, 4))
    }
    emission = [HotkeyEmission("a", 3, 4), HotkeyEmission("b", 0, 9), HotkeyEmission("c", 8, 1)]
    pending = Pending(10**9, 10**9, 10**8)
    first = dividends(pending, emission, hotkeys, U64 // 2, 0)
    assert dividends(pending, emission[::-1], dict(reversed(hotkeys.items())), U64 // 2, 0) == first
