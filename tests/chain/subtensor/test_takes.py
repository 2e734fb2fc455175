"""Takes; cases of the public chain's `pallets/subtensor/src/tests/{staking,children}.rs`."""

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.pallets.subtensor.takes import childkey_take
from tests.chain.conftest import account
from tests.chain.subtensor.conftest import MODULE, NETUID, add_hotkey, do, refused, set_hyper

DEFAULT = 11_796  # 18 %


@pytest.fixture
def hotkey(ctx: Context) -> str:
    """alice's hotkey, a delegate at 10 %."""
    add_hotkey(ctx, "validator", "alice")
    ctx.state.put(MODULE, "Delegates", account("validator"), 6_553)
    return account("validator")


def test_a_take_is_lowered_at_once_and_raised_after_30_days(ctx: Context, hotkey: str) -> None:
    assert do(ctx, "alice", "decrease_take", hotkey=hotkey, take=5_000) == [
        {"TakeDecreased": (account("alice"), hotkey, 5_000)}
    ]
    do(ctx, "alice", "decrease_take", hotkey=hotkey, take=4_000)
    ctx.block += 216_000  # a call exactly at the limit is still too early
    assert refused(ctx, "alice", "increase_take", hotkey=hotkey, take=9_000) == "DelegateTxRateLimitExceeded"
    ctx.block += 1
    assert do(ctx, "alice", "increase_take", hotkey=hotkey, take=9_000) == [
        {"TakeIncreased": (account("alice"), hotkey, 9_000)}
    ]
    assert ctx.state.get(MODULE, "Delegates", hotkey) == 9_000


@pytest.mark.parametrize(
    ("who", "name", "take", "error"),
    [
        ("alice", "decrease_take", 6_553, "DelegateTakeTooLow"),
        ("alice", "decrease_take", 999, "DelegateTakeTooLow"),
        ("alice", "increase_take", 6_553, "DelegateTakeTooLow"),
        ("alice", "increase_take", DEFAULT + 1, "DelegateTakeTooHigh"),
        ("bob", "decrease_take", 5_000, "NonAssociatedColdKey"),
        ("bob", "increase_take", 9_000, "NonAssociatedColdKey"),
    ],
)
def test_takes_have_guards(ctx: Context, hotkey: str, who: str, name: str, take: int, error: str) -> None:
    ctx.state.put(MODULE, "MinDelegateTake", 1_000)
    assert refused(ctx, who, name, hotkey=hotkey, take=take) == error


def test_a_hotkey_that_nobody_owns_has_no_take(ctx: Context) -> None:
    assert refused(ctx, "alice", "increase_take", hotkey=account("nobody"), take=1) == "HotKeyAccountNotExists"


def test_a_child_s_take_is_set_for_each_subnet(ctx: Context, hotkey: str) -> None:
    assert do(ctx, "alice", "set_childkey_take", hotkey=hotkey, netuid=NETUID, take=5_000) == [
        {"ChildKeyTakeSet": (hotkey, 5_000)}
    ]
    assert [childkey_take(ctx.state, hotkey, netuid) for netuid in (NETUID, 2)] == [5_000, 0]
    args = {"hotkey": hotkey, "netuid": NETUID}
    assert refused(ctx, "alice", "set_childkey_take", take=6_000, **args) == "TxChildkeyTakeRateLimitExceeded"
    do(ctx, "alice", "set_childkey_take", take=4_000, **args)
    ctx.block += 216_000
    do(ctx, "alice", "set_childkey_take", take=6_000, **args)


@pytest.mark.parametrize(
    ("who", "take", "error"),
    [
        ("alice", DEFAULT + 1, "InvalidChildkeyTake"),
        ("bob", 1, "NonAssociatedColdKey"),
        ("alice", 99, "InvalidChildkeyTake"),
    ],
)
def test_a_child_s_take_has_guards(ctx: Context, hotkey: str, who: str, take: int, error: str) -> None:
    set_hyper(ctx, MinChildkeyTakePerSubnet=100)
    assert refused(ctx, who, "set_childkey_take", hotkey=hotkey, netuid=NETUID, take=take) == error


def test_the_subnet_s_minimum_lifts_a_lower_take(ctx: Context, hotkey: str) -> None:
    do(ctx, "root", "sudo_set_min_childkey_take", take=50)
    assert childkey_take(ctx.state, hotkey, NETUID) == 50
    set_hyper(ctx, MinChildkeyTakePerSubnet=100)
    assert childkey_take(ctx.state, hotkey, NETUID) == 100


def test_only_root_sets_the_limits_of_children_s_takes(ctx: Context) -> None:
    assert refused(ctx, "alice", "sudo_set_max_childkey_take", take=1) == "BadOrigin"
    do(ctx, "root", "sudo_set_max_childkey_take", take=1)
    do(ctx, "root", "sudo_set_tx_childkey_take_rate_limit", tx_rate_limit=7)
    assert ctx.state.get(MODULE, "MaxChildkeyTake") == 1
    assert ctx.state.get(MODULE, "TxChildkeyTakeRateLimit") == 7
