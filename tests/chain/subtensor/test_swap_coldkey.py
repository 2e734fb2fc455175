"""Swapping coldkeys; cases of the public chain's `pallets/subtensor/src/tests/swap_coldkey.rs`."""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, signed
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets import balances
from tao_lab.chain.pallets.subtensor.stake import increase_stake, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.swap_coldkey import coldkey_hash
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import MODULE, NETUID, add_hotkey, add_neuron, add_subnet, do, refused, set_hyper

ALICE, CAROL = account("alice"), account("carol")
DELAY, AGAIN = 36_000, 7_200
HOTKEY, THEIRS = account("hotkey"), account("theirs")


@pytest.fixture
def announced(ctx: Context) -> int:
    """alice owns a subnet and a hotkey, has stake, and has announced to become carol; returns when she may."""
    add_neuron(ctx, "hotkey", "alice", stake=600)
    add_subnet(ctx, 0)
    increase_stake(ctx, THEIRS, ALICE, 0, 70)
    set_hyper(ctx, SubnetOwner=ALICE)
    ctx.state.put(MODULE, "TotalIssuance", 10**15)
    announce(ctx)
    return ctx.block + DELAY


def announce(ctx: Context, who: str = "carol") -> list[dict[str, Any]]:
    return do(ctx, "alice", "announce_coldkey_swap", new_coldkey_hash=coldkey_hash(account(who)))


def test_an_announcement_costs_a_tenth_of_a_tao_once(ctx: Context) -> None:
    free = balances.free_balance(ctx, ALICE)
    ctx.state.put(MODULE, "TotalIssuance", 10**15)
    event = announce(ctx)[-1]
    assert event == {"ColdkeySwapAnnounced": {"who": ALICE, "new_coldkey_hash": coldkey_hash(CAROL)}}
    assert balances.free_balance(ctx, ALICE) == free - TAO // 10
    assert ctx.state.get(MODULE, "TotalIssuance") == 10**15 - TAO // 10
    ctx.block += DELAY + AGAIN
    announce(ctx, "dave")
    assert balances.free_balance(ctx, ALICE) == free - TAO // 10


def test_an_announcement_is_changed_or_taken_back_late_only(ctx: Context, announced: int) -> None:
    ctx.block = announced + AGAIN - 1
    args = {"new_coldkey_hash": coldkey_hash(CAROL)}
    assert refused(ctx, "alice", "announce_coldkey_swap", **args) == "ColdkeySwapReannouncedTooEarly"
    assert refused(ctx, "alice", "clear_coldkey_swap_announcement") == "ColdkeySwapClearTooEarly"
    ctx.block += 1
    assert do(ctx, "alice", "clear_coldkey_swap_announcement") == [{"ColdkeySwapCleared": {"who": ALICE}}]
    assert refused(ctx, "alice", "clear_coldkey_swap_announcement") == "ColdkeySwapAnnouncementNotFound"


def test_hotkeys_change_hands_if_they_are_owned_not_if_they_are_staked_on(ctx: Context, announced: int) -> None:
    add_hotkey(ctx, "theirs", "bob")  # alice has stake on it
    add_hotkey(ctx, "idle", "alice")  # nobody has
    ctx.block = announced
    do(ctx, "alice", "swap_coldkey_announced", new_coldkey=CAROL)
    owners = [ctx.state.get(MODULE, "Owner", account(name)) for name in ("hotkey", "idle", "theirs")]
    assert owners == [CAROL, CAROL, account("bob")]


@pytest.mark.parametrize(("hotkeys", "subnets", "heavy"), [(256, 4, False), (257, 1, True), (2, 513, True)])
def test_a_coldkey_with_too_many_stakes_is_not_swapped(
    ctx: Context, announced: int, hotkeys: int, subnets: int, heavy: bool
) -> None:
    """`ColdkeySwapTooHeavy` since spec 463: at most 256 hotkeys and 1,024 stakes."""
    names = [account(f"validator {number}") for number in range(hotkeys)]
    ctx.state.put(MODULE, "StakingHotkeys", ALICE, names)
    for hotkey in names:
        for netuid in range(1_000, 1_000 + subnets):
            ctx.state.put(MODULE, "AlphaV2", hotkey, ALICE, netuid, {"mantissa": 10**21, "exponent": -21})
    ctx.block = announced
    if heavy:
        assert refused(ctx, "alice", "swap_coldkey_announced", new_coldkey=CAROL) == "ColdkeySwapTooHeavy"
    else:
        do(ctx, "alice", "swap_coldkey_announced", new_coldkey=CAROL)


def test_the_chain_remembers_who_became_whom(ctx: Context) -> None:
    """`record_coldkey_swap_lineage`; a coldkey that comes back has no successor any more."""
    dave = account("dave")
    for old, new in ((ALICE, CAROL), (CAROL, dave), (dave, ALICE)):
        do(ctx, "root", "swap_coldkey", old_coldkey=old, new_coldkey=new, swap_cost=0)
        assert ctx.state.get(MODULE, "ColdkeySuccessor", old) == new
        assert ctx.state.get(MODULE, "ColdkeyRoot", new) == ALICE
    assert not ctx.state.exists(MODULE, "ColdkeySuccessor", ALICE)
    assert ctx.state.get(MODULE, "ColdkeySuccessor", CAROL) == dave


def test_everything_goes_to_the_new_coldkey(ctx: Context, announced: int) -> None:
    ctx.state.put(MODULE, "AutoStakeDestination", ALICE, NETUID, THEIRS)
    ctx.state.put(MODULE, "AutoStakeDestinationColdkeys", THEIRS, NETUID, [ALICE])
    for item, key, value in (("StakingColdkeys", ALICE, 0), ("StakingColdkeysByIndex", 0, ALICE)):
        ctx.state.put(MODULE, item, key, value)
    ctx.state.put(MODULE, "NumStakingColdkeys", 1)
    ctx.state.put(MODULE, "AccountFlags", ALICE, 1)
    free = balances.free_balance(ctx, ALICE)
    ctx.block = announced
    done = do(ctx, "alice", "swap_coldkey_announced", new_coldkey=CAROL)
    assert done[-1] == {"ColdkeySwapped": {"old_coldkey": ALICE, "new_coldkey": CAROL}}
    state = ctx.state
    assert state.get(MODULE, "SubnetOwner", NETUID) == CAROL
    assert state.get(MODULE, "Owner", HOTKEY) == CAROL
    assert [state.get(MODULE, "OwnedHotkeys", who) for who in (ALICE, CAROL)] == [[], [HOTKEY]]
    assert [sorted(state.get(MODULE, "StakingHotkeys", who)) for who in (ALICE, CAROL)] == [
        [],
        sorted([HOTKEY, THEIRS]),
    ]
    assert [stake_of_coldkey(state, HOTKEY, who, NETUID) for who in (ALICE, CAROL)] == [0, 600]
    assert [stake_of_coldkey(state, THEIRS, who, 0) for who in (ALICE, CAROL)] == [0, 70]
    assert [balances.free_balance(ctx, who) for who in (ALICE, CAROL)] == [0, free]
    assert state.get(MODULE, "AutoStakeDestination", CAROL, NETUID) == THEIRS
    assert state.get(MODULE, "AutoStakeDestinationColdkeys", THEIRS, NETUID) == [CAROL]
    assert state.get(MODULE, "StakingColdkeysByIndex", 0) == CAROL
    assert state.get(MODULE, "NumStakingColdkeys") == 1
    assert state.get(MODULE, "AccountFlags", CAROL) == 1
    assert state.get(MODULE, "ColdkeySwapAnnouncements", ALICE) is None


@pytest.mark.parametrize(
    ("block", "new", "error"),
    [
        (-1, CAROL, "ColdkeySwapTooEarly"),
        (0, account("dave"), "AnnouncedColdkeyHashDoesNotMatch"),
    ],
)
def test_only_what_was_announced_is_done_and_not_early(
    ctx: Context, announced: int, block: int, new: str, error: str
) -> None:
    ctx.block = announced + block
    assert refused(ctx, "alice", "swap_coldkey_announced", new_coldkey=new) == error
    assert refused(ctx, "bob", "swap_coldkey_announced", new_coldkey=new) == "ColdkeySwapAnnouncementNotFound"


def test_the_new_coldkey_must_be_new(ctx: Context, announced: int) -> None:
    ctx.block = announced
    add_hotkey(ctx, "carol", "bob")
    assert refused(ctx, "alice", "swap_coldkey_announced", new_coldkey=CAROL) == "NewColdKeyIsHotkey"
    increase_stake(ctx, THEIRS, CAROL, 0, 1)
    assert refused(ctx, "alice", "swap_coldkey_announced", new_coldkey=CAROL) == "ColdKeyAlreadyAssociated"


def test_an_announced_coldkey_does_nothing_else_also_inside_a_batch(ctx: Context, announced: int) -> None:
    transfer = Call("Balances", "transfer_keep_alive", {"dest": CAROL, "value": TAO})
    for call in (transfer, Call("Utility", "batch_all", {"calls": [transfer]})):
        with pytest.raises(DispatchError, match="ColdkeySwapAnnounced"):
            ctx.dispatch(signed(ALICE), call)
    do(ctx, "alice", "dispute_coldkey_swap")
    ctx.block = announced
    assert refused(ctx, "alice", "swap_coldkey_announced", new_coldkey=CAROL) == "ColdkeySwapDisputed"
    assert refused(ctx, "alice", "dispute_coldkey_swap") == "ColdkeySwapDisputed"


def test_root_frees_a_disputed_coldkey(ctx: Context, announced: int) -> None:
    assert do(ctx, "alice", "dispute_coldkey_swap") == [{"ColdkeySwapDisputed": {"coldkey": ALICE}}]
    assert refused(ctx, "bob", "reset_coldkey_swap", coldkey=ALICE) == "BadOrigin"
    assert do(ctx, "root", "reset_coldkey_swap", coldkey=ALICE) == [{"ColdkeySwapReset": {"who": ALICE}}]
    ctx.dispatch(signed(ALICE), Call("Balances", "transfer_keep_alive", {"dest": CAROL, "value": TAO}))


def test_root_swaps_at_once_at_its_price(ctx: Context, announced: int) -> None:
    free = balances.free_balance(ctx, ALICE)
    args = {"old_coldkey": ALICE, "new_coldkey": CAROL}
    assert refused(ctx, "bob", "swap_coldkey", swap_cost=0, **args) == "BadOrigin"
    too_much = refused(ctx, "root", "swap_coldkey", swap_cost=free, **args)
    assert too_much == "NotEnoughBalanceToPaySwapColdKey"
    do(ctx, "root", "swap_coldkey", swap_cost=TAO, **args)
    assert balances.free_balance(ctx, CAROL) == free - TAO
    assert ctx.state.get(MODULE, "ColdkeySwapAnnouncements", ALICE) is None


def test_an_identity_goes_along_unless_the_new_coldkey_has_one(ctx: Context, announced: int) -> None:
    identity = dict.fromkeys(("name", "url", "github_repo", "image", "discord", "description", "additional"), "alice")
    ctx.state.put(MODULE, "IdentitiesV2", ALICE, identity)
    mark = ctx.mark()
    do(ctx, "root", "swap_coldkey", old_coldkey=ALICE, new_coldkey=CAROL, swap_cost=0)
    assert ctx.state.get(MODULE, "IdentitiesV2", CAROL) == identity
    ctx.rollback(mark)
    ctx.state.put(MODULE, "IdentitiesV2", CAROL, {**identity, "name": "carol"})
    do(ctx, "root", "swap_coldkey", old_coldkey=ALICE, new_coldkey=CAROL, swap_cost=0)
    assert ctx.state.get(MODULE, "IdentitiesV2", CAROL)["name"] == "carol"


def test_a_poor_coldkey_announces_nothing(ctx: Context) -> None:
    balances.withdraw(ctx, ALICE, balances.free_balance(ctx, ALICE) - TAO // 10)
    args = {"new_coldkey_hash": coldkey_hash(CAROL)}
    assert refused(ctx, "alice", "announce_coldkey_swap", **args) == "NotEnoughBalanceToPaySwapColdKey"


def test_the_old_call_is_deprecated(ctx: Context) -> None:
    assert refused(ctx, "alice", "schedule_swap_coldkey", new_coldkey=CAROL) == "Deprecated"
