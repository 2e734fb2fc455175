"""`net.stake`, `net.unstake`, `net.pool` and `net.alpha_price`: the real calls, with amounts that have a unit."""

from collections.abc import Iterator

import pytest

from tao_lab.chain.errors import BadValue
from tao_lab.network import CallFailed, Network

TAO = 10**9


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    with Network() as net:
        net.create_subnet(owner=net.wallet("alice", tao=1_000), tempo=12)
        yield net


def test_staking_buys_alpha_and_unstaking_sells_it(net: Network) -> None:
    alice, bob = net.wallet("alice"), net.wallet("bob", tao=200)
    before = net.pool(1)
    net.stake(bob, 1, net.tao(100), hotkey=alice)
    held = net.staked(bob, 1, hotkey=alice)
    assert 0 < held.rao < 100 * TAO * TAO // net.alpha_price(1, block=net.block_number - 1).rao
    assert net.pool(1).tao > before.tao
    net.unstake(bob, 1, net.alpha(10, 1), hotkey=alice)
    assert net.staked(bob, 1, hotkey=alice).rao == held.rao - 10 * TAO
    net.unstake(bob, 1, hotkey=alice)
    assert net.staked(bob, 1, hotkey=alice).rao == 0
    assert net.balance(bob).rao < 200 * TAO


def test_on_root_a_stake_stays_tao(net: Network) -> None:
    alice = net.wallet("alice", tao=100)
    net.stake(alice, 0, net.tao(50))
    assert net.staked(alice, 0) == net.tao(50)
    net.unstake(alice, 0)
    assert net.staked(alice, 0).rao == 0


def test_a_limit_stakes_only_what_fits_below_it(net: Network) -> None:
    alice, carol = net.wallet("alice"), net.wallet("carol", tao=1_000)
    limit = net.tao(net.alpha_price(1).tao * 1.1)
    net.stake(carol, 1, net.tao(900), hotkey=alice, limit=limit)
    assert net.alpha_price(1).tao == pytest.approx(limit.tao, rel=0.01)
    assert net.balance(carol).tao > 500


def test_the_unit_of_an_amount_is_checked_and_the_chain_refuses_by_name(net: Network) -> None:
    alice, bob = net.wallet("alice"), net.wallet("bob", tao=100)
    with pytest.raises(BadValue, match="amount"):
        net.stake(bob, 1, net.alpha(5, 1), hotkey=alice)
    with pytest.raises(BadValue, match="alpha of subnet 1"):
        net.unstake(bob, 1, net.tao(5), hotkey=alice)
    with pytest.raises(BadValue, match="limit"):
        net.stake(bob, 1, net.tao(5), hotkey=alice, limit=net.alpha(2, 1))
    with pytest.raises(CallFailed, match="HotKeyAccountNotExists"):
        net.stake(bob, 1, net.tao(5), hotkey=net.wallet("nobody"))
    with pytest.raises(BadValue, match="subnet"):
        net.pool(7)


@pytest.mark.parametrize("lends", [False, True])
def test_who_takes_a_seat_on_root_lends_to_the_owners_or_keeps_the_stake(lends: bool) -> None:
    """One subnet has started, one has not, and a third comes later; the seat costs the same."""
    with Network() as net:
        alice, bob = net.wallet("alice", tao=10_000), net.wallet("bob", tao=10)
        hotkey = bob.hotkey.ss58_address
        net.create_subnet(alice)
        net.call(alice, "SubtensorModule", "register_network", hotkey=alice.hotkey.ss58_address)
        net.take_root_seat(bob, lends)
        net.create_subnet(alice)
        children = [net.chain.state.get("SubtensorModule", "ChildKeys", hotkey, netuid) for netuid in net.subnets()]
        all_of_it = [(2**64 - 1, alice.hotkey.ss58_address)]
        assert children == ([all_of_it] * 3 if lends else [[], [], []])
        with pytest.raises(CallFailed, match="HotKeyAlreadyRegisteredInSubNet"):
            net.take_root_seat(bob, lends)
