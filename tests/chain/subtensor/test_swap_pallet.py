"""The Swap pallet's calls: root sets a fee within bounds; users' liquidity is gone."""

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import ROOT, Call, signed
from tao_lab.chain.errors import DispatchError
from tests.chain.conftest import account
from tests.chain.subtensor.conftest import NETUID, events


def test_root_sets_the_fee(ctx: Context) -> None:
    ctx.dispatch(ROOT, Call("Swap", "set_fee_rate", {"netuid": NETUID, "rate": 10_000}))
    assert ctx.state.get("Swap", "FeeRate", NETUID) == 10_000
    assert events(ctx)[-1] == {"FeeRateSet": {"netuid": NETUID, "rate": 10_000}}


@pytest.mark.parametrize(
    ("netuid", "rate", "name"), [(99, 1, "MechanismDoesNotExist"), (NETUID, 10_001, "FeeRateTooHigh")]
)
def test_a_fee_is_refused_by_name(ctx: Context, netuid: int, rate: int, name: str) -> None:
    before = dict(ctx.state.raw.items())
    with pytest.raises(DispatchError, match=name):
        ctx.dispatch(ROOT, Call("Swap", "set_fee_rate", {"netuid": netuid, "rate": rate}))
    assert dict(ctx.state.raw.items()) == before


def test_nobody_else_sets_it(ctx: Context) -> None:
    with pytest.raises(DispatchError, match="BadOrigin"):
        ctx.dispatch(signed(account("alice")), Call("Swap", "set_fee_rate", {"netuid": NETUID, "rate": 1}))


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("toggle_user_liquidity", {"netuid": 1, "enable": True}),
        ("remove_liquidity", {"hotkey": account("alice"), "netuid": 1, "position_id": 1}),
        ("disable_lp", {}),
    ],
)
def test_liquidity_of_users_is_gone(ctx: Context, name: str, args: dict[str, object]) -> None:
    with pytest.raises(DispatchError, match="Deprecated"):
        ctx.dispatch(signed(account("alice")), Call("Swap", name, args))
