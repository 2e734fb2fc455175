"""A subnet with Null consensus; cases and numbers of `pallets/subtensor/src/tests/null_consensus.rs` at spec 475."""

from typing import Any

import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import ROOT, Call, signed
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets.subtensor.commit_reveal import commit_hash
from tao_lab.chain.pallets.subtensor.distribution import distribute_emission
from tao_lab.chain.pallets.subtensor.epochs import oldest_open_epoch, run_epochs
from tao_lab.chain.pallets.subtensor.lookups import mechanism_index
from tao_lab.chain.pallets.subtensor.null_consensus import enqueue_timelocked, is_null
from tao_lab.chain.pallets.subtensor.stake import stake_of
from tao_lab.chain.pallets.subtensor.tao import mint_alpha_out
from tao_lab.chain.pallets.subtensor.tempo import deferred_epochs
from tao_lab.economy import Pending
from tests.chain.conftest import account
from tests.chain.subtensor.conftest import (
    MODULE,
    NETUID,
    add_neuron,
    add_subnet,
    do,
    events,
    refused,
    set_hyper,
    weights_of,
)

NAMES = ("validator", "m1", "m2", "m3")


def admin(ctx: Context, who: str, name: str, **args: Any) -> list[dict[str, Any]]:
    before = len(ctx.events)
    ctx.dispatch(ROOT if who == "root" else signed(account(who)), Call("AdminUtils", name, {"netuid": NETUID, **args}))
    return events(ctx, before)


def denied(ctx: Context, who: str, name: str, **args: Any) -> str:
    before, told = dict(ctx.state.raw.items()), list(ctx.events)
    with pytest.raises(DispatchError) as caught:
        admin(ctx, who, name, **args)
    assert (dict(ctx.state.raw.items()), ctx.events) == (before, told)
    assert ctx.runtime.dispatch_error(caught.value)
    return caught.value.name or caught.value.pallet


def people(ctx: Context, stakes: tuple[int, int], netuid: int = NETUID) -> None:
    """Four neurons, two of them validators, as in the source's `setup`."""
    for uid, name in enumerate(NAMES):
        stake = stakes[uid] if uid < len(stakes) else 0
        add_neuron(ctx, name, "bob", netuid=netuid, stake=stake, permit=uid < len(stakes))
    set_hyper(ctx, netuid, SubnetOwner=account("alice"), MaxAllowedValidators=2, WeightsSetRateLimit=0)
    ctx.block += 10


@pytest.fixture
def null(ctx: Context) -> Context:
    """Subnet 1 follows Null consensus; `validator` has 300 million rao, `m1` 100 million."""
    people(ctx, (300_000_000, 100_000_000))
    admin(ctx, "root", "sudo_set_epoch_consensus", mode="Null")
    return ctx


def column(ctx: Context, item: str) -> list[Any]:
    return list(ctx.state.get(MODULE, item, NETUID))


def set_weights(ctx: Context, who: str, dests: list[int], values: list[int]) -> list[dict[str, Any]]:
    return do(ctx, who, "set_weights", netuid=NETUID, dests=dests, weights=values, version_key=0)


def paid(ctx: Context, emission: int = 1_000_000, pots: Pending | None = None) -> dict[str, tuple[int, int]]:
    """(for mining, for stake) of each of the four people."""
    by_hotkey = {each.hotkey: (each.server, each.validator) for each in run_epochs(ctx, NETUID, emission, pots)}
    return {name: by_hotkey[account(name)] for name in NAMES}


# --- the switch -------------------------------------------------------------------------------------------------


def test_a_subnet_follows_yuma_until_somebody_says_otherwise(ctx: Context) -> None:
    people(ctx, (300, 100))
    assert not is_null(ctx.state, NETUID)
    told = admin(ctx, "alice", "sudo_set_epoch_consensus", mode="Null")
    assert {"EpochConsensusSet": (NETUID, "Null")} in told
    assert {"MaxAllowedValidatorsSet": (NETUID, 1)} in told
    assert column(ctx, "ValidatorPermit") == [True, False, False, False]
    assert ctx.state.get(MODULE, "MaxAllowedValidators", NETUID) == 1
    assert ctx.state.get(MODULE, "SavedYumaMaxAllowedValidators", NETUID) == 2
    assert denied(ctx, "alice", "sudo_set_epoch_consensus", mode="Yuma") == "TxRateLimitExceeded"
    told = admin(ctx, "root", "sudo_set_epoch_consensus", mode="Yuma")
    assert {"MaxAllowedValidatorsSet": (NETUID, 2)} in told
    assert ctx.state.get(MODULE, "SavedYumaMaxAllowedValidators", NETUID) is None


@pytest.mark.parametrize(("who", "netuid", "error"), [("bob", 1, "BadOrigin"), ("root", 9, "SubnetNotExists")])
def test_only_the_owner_or_root_chooses_and_only_on_a_subnet(ctx: Context, who: str, netuid: int, error: str) -> None:
    people(ctx, (300, 100))
    assert denied(ctx, who, "sudo_set_epoch_consensus", netuid=netuid, mode="Null") == error


def test_root_has_no_epochs_to_choose_for(ctx: Context) -> None:
    add_subnet(ctx, 0)
    assert denied(ctx, "root", "sudo_set_epoch_consensus", netuid=0, mode="Null") == "InvalidValue"


def test_timelocked_commits_that_wait_hold_the_switch(null: Context) -> None:
    third = mechanism_index(NETUID, 3)  # of any mechanism, also one that is not there now
    null.state.put(MODULE, "TimelockedWeightCommits", third, 5, [(account("validator"), 1, "0x00", 9)])
    assert denied(null, "root", "sudo_set_epoch_consensus", mode="Yuma") == "InvalidValue"
    admin(null, "root", "sudo_set_epoch_consensus", mode="Null")  # no switch


def test_yuma_takes_nobody_whom_it_has_no_seat_for(null: Context) -> None:
    null.state.put(MODULE, "MaxAllowedUids", NETUID, 2_500)
    null.state.put(MODULE, "SubnetworkN", NETUID, 257)
    assert denied(null, "root", "sudo_set_epoch_consensus", mode="Yuma") == "TooManyUIDsPerMechanism"
    null.state.put(MODULE, "SubnetworkN", NETUID, 256)
    told = admin(null, "root", "sudo_set_epoch_consensus", mode="Yuma")
    assert {"MaxAllowedUidsSet": (NETUID, 256)} in told


def test_places_are_2500_and_the_validator_is_one(null: Context) -> None:
    set_hyper(null, MinAllowedUids=1)
    assert denied(null, "root", "sudo_set_max_allowed_uids", max_allowed_uids=2_501) == (
        "MaxAllowedUidsGreaterThanDefaultMaxAllowedUids"
    )
    admin(null, "root", "sudo_set_max_allowed_uids", max_allowed_uids=2_500)
    assert denied(null, "root", "sudo_set_mechanism_count", mechanism_count=2) == "TooManyUIDsPerMechanism"
    admin(null, "root", "sudo_set_max_allowed_uids", max_allowed_uids=1_250)
    admin(null, "root", "sudo_set_mechanism_count", mechanism_count=2)
    assert denied(null, "root", "sudo_set_max_allowed_validators", max_allowed_validators=2) == "InvalidValue"


# --- who may speak ----------------------------------------------------------------------------------------------


def test_only_the_elected_validator_sets_weights_and_they_stay_as_they_came(null: Context) -> None:
    set_weights(null, "validator", [2, 3], [65_534, 1])
    assert weights_of(null, 0) == [(2, 65_534), (3, 1)]
    row = {"netuid": NETUID, "dests": [2], "weights": [1], "version_key": 0}
    assert refused(null, "m1", "set_weights", **row) == "NeuronNoValidatorPermit"
    itself = {**row, "dests": [3]}
    assert refused(null, "m3", "set_weights", **itself) == "NeuronNoValidatorPermit"


def test_only_the_elected_validator_commits_and_reveals(null: Context) -> None:
    set_hyper(null, CommitRevealWeightsEnabled=True)
    commit = {"netuid": NETUID, "commit_hash": "0x" + "00" * 32}
    assert refused(null, "m1", "commit_weights", **commit) == "NeuronNoValidatorPermit"
    assert refused(null, "carol", "commit_weights", **commit) == "HotKeyNotRegisteredInSubNet"
    do(null, "validator", "commit_weights", **commit)
    set_hyper(null, SubnetEpochIndex=5)
    epoch = oldest_open_epoch(null.state, NETUID, null.block)
    left = commit_hash(account("m1"), NETUID, [2], [1], [1], 0)  # from Yuma's time
    null.state.put(MODULE, "WeightCommits", NETUID, account("m1"), [(left, epoch, null.block, 0)])
    reveal = {"netuid": NETUID, "uids": [2], "values": [1], "salt": [1], "version_key": 0}
    assert refused(null, "m1", "reveal_weights", **reveal) == "NeuronNoValidatorPermit"
    timelocked = {"netuid": NETUID, "commit": "0x00", "reveal_round": 1, "commit_reveal_version": 4}
    assert refused(null, "m1", "commit_timelocked_weights", **timelocked) == "NeuronNoValidatorPermit"


# --- the epoch --------------------------------------------------------------------------------------------------


def test_the_winner_s_row_pays_miners_and_stake_pays_stakers_whether_active_or_not(null: Context) -> None:
    set_weights(null, "validator", [2, 3], [3, 1])
    null.state.put(MODULE, "Weights", NETUID, 1, [(3, 65_535)])  # left from Yuma
    null.block += 10**6
    assert paid(null) == {
        "validator": (0, 375_000),
        "m1": (0, 125_000),
        "m2": (375_000, 0),
        "m3": (125_000, 0),
    }
    assert column(null, "Active") == [False] * 4
    assert column(null, "Emission") == [375_000, 125_000, 375_000, 125_000]
    assert column(null, "Consensus") == column(null, "ValidatorTrust") == [0] * 4


def test_bonds_wait_for_yuma_and_so_does_the_block_that_they_count_from(null: Context) -> None:
    rows = {0: [(2, 12_345)], 1: [(3, 54_321)]}
    for uid, row in rows.items():
        null.state.put(MODULE, "Bonds", NETUID, uid, row)
    run_epochs(null, NETUID, 1_000_000)
    kept = {uid: [tuple(entry) for entry in row] for uid, row in null.state.entries(MODULE, "Bonds", NETUID)}
    assert kept == rows
    admin(null, "root", "sudo_set_epoch_consensus", mode="Yuma")
    run_epochs(null, NETUID, 1_000_000)


def test_an_election_can_change_the_validator(null: Context) -> None:
    null.state.put(MODULE, "TotalHotkeyAlpha", account("m2"), NETUID, 300_000_001)
    run_epochs(null, NETUID, 0)
    assert column(null, "ValidatorPermit") == [False, False, True, False]


def test_who_has_a_subnet_without_stake_may_set_weights_at_once(ctx: Context) -> None:
    people(ctx, (0, 0))
    admin(ctx, "root", "sudo_set_epoch_consensus", mode="Null")
    assert column(ctx, "ValidatorPermit") == [True, False, False, False]
    set_weights(ctx, "validator", [2, 3], [3, 1])
    assert paid(ctx, 1_000) == {"validator": (0, 0), "m1": (0, 0), "m2": (750, 0), "m3": (250, 0)}


def test_pots_are_paid_apart_and_root_s_is_not_the_miners(ctx: Context) -> None:
    people(ctx, (0, 0))
    admin(ctx, "root", "sudo_set_epoch_consensus", mode="Null")
    shares = paid(ctx, 1_000, Pending(server=500, validator=200, root=300))
    assert shares == dict.fromkeys(NAMES, (175, 0))  # 700 for miners; the 300 of root are recycled


def recorded(ctx: Context, item: str) -> dict[str, int]:
    """What is stored for each of the four people, by name; not for those without an entry."""
    names = {account(name): name for name in NAMES}
    if item == "TotalHotkeyAlphaLastEpoch":
        entries = [(hotkey, rao) for (hotkey, netuid), rao in ctx.state.entries(MODULE, item) if netuid == NETUID]
    else:
        entries = ctx.state.entries(MODULE, item, NETUID)
    return {names[hotkey]: rao for hotkey, rao in entries}


@pytest.mark.usefixtures("in_both_forms")
@pytest.mark.parametrize("mode", ["Null", "Yuma"])
def test_an_epoch_notes_the_stake_of_those_with_a_dividend_and_under_yuma_of_all(ctx: Context, mode: str) -> None:
    """`distribute_dividends_and_incentives`; Null leaves out hotkeys that the epoch gave no dividend.

    No entry is zero: under Yuma m1, which has no stake any more, loses the one that says 7.
    """
    people(ctx, (300_000_000, 0))
    if mode == "Null":
        admin(ctx, "root", "sudo_set_epoch_consensus", mode="Null")
    ctx.state.put(MODULE, "TotalHotkeyAlphaLastEpoch", account("m1"), NETUID, 7)
    ctx.state.put(MODULE, "AlphaDividendsPerSubnet", NETUID, account("m1"), 7)
    set_weights(ctx, "validator", [3], [1])
    mint_alpha_out(ctx, NETUID, 1_500_000)
    distribute_emission(ctx, NETUID, Pending(server=500_000, validator=1_000_000, root=0), owner_cut=0)
    staked, mined = (stake_of(ctx.state, account(name), NETUID) for name in ("validator", "m3"))
    assert staked == pytest.approx(301_000_000, abs=3)
    assert mined > 0
    others = {"m1": 7} if mode == "Null" else {"m3": mined}
    assert recorded(ctx, "TotalHotkeyAlphaLastEpoch") == {"validator": staked, **others}
    assert list(recorded(ctx, "AlphaDividendsPerSubnet")) == ["validator"]


@pytest.mark.parametrize(("split", "parts"), [(None, (501, 501)), ([65_535, 0], (1_002, 0))])
def test_each_pot_is_divided_among_mechanisms_to_the_rao(
    null: Context, split: list[int] | None, parts: tuple[int, int]
) -> None:
    set_hyper(null, MechanismCountCurrent=2)
    if split:
        set_hyper(null, MechanismEmissionSplit=split)
    null.state.put(MODULE, "Weights", mechanism_index(NETUID, 1), 0, [(3, 1)])
    null.state.put(MODULE, "LastUpdate", mechanism_index(NETUID, 1), [null.block] * 4)
    set_weights(null, "validator", [2], [1])
    shares = paid(null, 1_002, Pending(server=1_002, validator=0, root=0))
    assert (shares["m2"][0], shares["m3"][0]) == parts
    assert column(null, "Emission") == [0, 0, *parts]


def test_a_block_has_one_epoch_where_null_consensus_is_due(ctx: Context) -> None:
    subnets = [1, 2, 3]
    for netuid in subnets:
        add_subnet(ctx, netuid, Tempo=1, LastEpochBlock=0)
    assert deferred_epochs(ctx.state, subnets, 10) == {3}
    set_hyper(ctx, 3, SubnetEpochConsensus="Null")
    assert deferred_epochs(ctx.state, subnets, 10) == {2, 3}


# --- commits that wait ------------------------------------------------------------------------------------------


def row(name: str, size: int) -> tuple[str, int, str, int]:
    return account(name), 1, "0x" + "00" * size, 7


def queue(ctx: Context, mecid: int = 0, epoch: int = 5) -> list[str]:
    entries = ctx.state.get(MODULE, "TimelockedWeightCommits", mechanism_index(NETUID, mecid), epoch)
    return [entry[0] for entry in entries]


def test_a_new_commit_takes_the_place_of_the_hotkey_s_old_one(null: Context) -> None:
    enqueue_timelocked(null, NETUID, 0, 5, row("validator", 8))
    enqueue_timelocked(null, NETUID, 0, 5, row("validator", 9))
    assert queue(null) == [account("validator")]
    with pytest.raises(DispatchError, match="CommitPayloadTooLarge"):
        enqueue_timelocked(null, NETUID, 0, 5, row("validator", 32 * 1024 + 1))


def test_a_full_queue_gives_way_to_more_stake_and_to_nobody_else(null: Context) -> None:
    for name in ("m2", "m3"):
        enqueue_timelocked(null, NETUID, 0, 5, row(name, 32 * 1024))
    with pytest.raises(DispatchError, match="CommitQueueFull"):
        enqueue_timelocked(null, NETUID, 0, 5, row("carol", 1))  # not registered: below all
    assert queue(null) == [account("m2"), account("m3")]
    enqueue_timelocked(null, NETUID, 0, 5, row("validator", 1))
    assert queue(null) == [account("m2"), account("validator")]  # the highest UID went first


# --- fewer places -----------------------------------------------------------------------------------------------


@pytest.fixture
def crowd(ctx: Context) -> Context:
    """192 neurons, each with as much emission as its UID; UID 0 is the owner's and the elected validator."""
    n = 192
    state = ctx.state
    for uid in range(n):
        add_neuron(ctx, f"n{uid}", "bob", stake=1_000 if uid == 0 else 0)
    set_hyper(
        ctx,
        SubnetOwner=account("alice"),
        SubnetOwnerHotkey=account("n0"),
        ImmunityPeriod=0,
        MinAllowedUids=64,
        MaxAllowedValidators=64,
        Emission=list(range(n)),
        LastUpdate=[0] * n,
    )
    ctx.block += 10
    admin(ctx, "root", "sudo_set_epoch_consensus", mode="Null")
    state.put(MODULE, "Weights", NETUID, 0, [(1, 10), (129, 7), (65, 1)])
    state.put(MODULE, "Weights", NETUID, 100, [(1, 1)])
    state.put(MODULE, "Bonds", NETUID, 0, [(129, 11)])
    return ctx


def bonds_of(ctx: Context, uid: int) -> list[tuple[int, int]]:
    return [tuple(entry) for entry in ctx.state.get(MODULE, "Bonds", NETUID, uid)]


def keys(ctx: Context) -> dict[int, str]:
    return dict(ctx.state.entries(MODULE, "Keys", NETUID))


def test_places_go_64_at_a_time_and_others_keep_theirs(crowd: Context) -> None:
    state = crowd.state
    told = admin(crowd, "alice", "sudo_trim_null_uids_batch", target=64)
    assert list(told[-1]["NullUidsPruningProgress"].values()) == [NETUID, 64, 128, 64, 0]
    assert state.get(MODULE, "SubnetworkN", NETUID) == state.get(MODULE, "MaxAllowedUids", NETUID) == 128
    assert state.get(MODULE, "NullPruningTarget", NETUID) == 64
    assert (keys(crowd)[1], keys(crowd)[64], keys(crowd)[65]) == (account("n128"), account("n191"), account("n65"))
    assert state.get(MODULE, "Uids", NETUID, account("n191")) == 64
    assert state.get(MODULE, "Uids", NETUID, account("n1")) is None
    assert weights_of(crowd, 0) == [(2, 7), (65, 1)]
    assert weights_of(crowd, 100) == []
    assert bonds_of(crowd, 0) == [(2, 11)]
    assert column(crowd, "Emission")[:3] == [0, 128, 129]
    admin(crowd, "alice", "sudo_trim_null_uids_batch", target=64)  # the same target: no limit
    assert state.get(MODULE, "SubnetworkN", NETUID) == 64
    assert state.get(MODULE, "NullPruningTarget", NETUID) is None
    assert weights_of(crowd, 0) == [(2, 7)]
    assert keys(crowd)[1] == account("n191")
    assert sorted(keys(crowd)) == list(range(64))
    assert denied(crowd, "alice", "sudo_trim_null_uids_batch", target=64) == "TxRateLimitExceeded"
    admin(crowd, "root", "sudo_set_epoch_consensus", mode="Yuma")
    assert state.get(MODULE, "MaxAllowedValidators", NETUID) == 64


def test_the_plain_call_takes_at_most_64(crowd: Context) -> None:
    assert denied(crowd, "root", "sudo_trim_to_max_allowed_uids", max_n=127) == "InvalidValue"
    admin(crowd, "root", "sudo_trim_to_max_allowed_uids", max_n=128)
    assert crowd.state.get(MODULE, "SubnetworkN", NETUID) == 128


def test_commits_go_before_places_do_2500_in_a_call(crowd: Context) -> None:
    raw = crowd.state.raw
    for number in range(2_501):
        key = crowd.state.key(MODULE, "TimelockedWeightCommits", NETUID) + b"x" * 8 + number.to_bytes(8, "little")
        raw.put(key, b"\x00")
    told = admin(crowd, "root", "sudo_trim_null_uids_batch", target=64)
    assert list(told[0]["NullUidsPruningProgress"].values()) == [NETUID, 64, 192, 0, 2_500]
    assert crowd.state.get(MODULE, "SubnetworkN", NETUID) == 192
    told = admin(crowd, "root", "sudo_trim_null_uids_batch", target=64)
    assert list(told[-1]["NullUidsPruningProgress"].values()) == [NETUID, 64, 128, 64, 1]


@pytest.mark.parametrize(
    ("hyper", "target", "error"),
    [
        ({"SubnetEpochConsensus": "Yuma"}, 64, "InvalidValue"),
        ({}, 63, "InvalidValue"),
        ({}, 257, "InvalidValue"),
        ({"ImmunityPeriod": 100}, 100, "TrimmingWouldExceedMaxImmunePercentage"),
    ],
)
def test_a_target_that_cannot_be_is_refused(crowd: Context, hyper: dict[str, Any], target: int, error: str) -> None:
    set_hyper(crowd, **hyper)
    assert denied(crowd, "root", "sudo_trim_null_uids_batch", target=target) == error
