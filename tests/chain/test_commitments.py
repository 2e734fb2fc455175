"""Commitments; cases of the public chain's `pallets/commitments/src/tests.rs`."""

from collections.abc import Callable
from typing import Any

import pytest
from bittensor_core import encrypt_at_round

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import NONE, ROOT, Call, signed
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.extrinsic import compact
from tao_lab.chain.pallets import balances, commitments
from tao_lab.chain.pallets.subtensor import uids
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import MODULE, NETUID, add_neuron, ctx, events, set_hyper
from tests.chain.subtensor.test_commit_reveal import ROUND, write_pulse

__all__ = ["ctx"]
PALLET = "Commitments"
HELLO = {"Raw5": "0x68656c6c6f"}


@pytest.fixture(autouse=True)
def miner(ctx: Context) -> None:
    add_neuron(ctx, "validator", "alice", permit=True)
    add_neuron(ctx, "miner", "bob")


def commit(ctx: Context, *fields: Any, who: str = "miner", netuid: int = NETUID) -> list[dict[str, Any]]:
    before = len(ctx.events)
    ctx.dispatch(signed(account(who)), Call(PALLET, "set_commitment", {"netuid": netuid, "info": {"fields": fields}}))
    return events(ctx, before)


def refused(ctx: Context, *fields: Any, **args: Any) -> str:
    with pytest.raises(DispatchError) as caught:
        commit(ctx, *fields, **args)
    return caught.value.name


def sealed(text: bytes) -> dict[str, Any]:
    data, _ = encrypt_at_round(text, ROUND)
    offset = {0: 1, 1: 2, 2: 4}[data[0] & 3]  # the length in front, and the round behind
    return {"TimelockEncrypted": {"encrypted": "0x" + bytes(data)[offset:-8].hex(), "reveal_round": ROUND}}


def test_a_hotkey_of_the_subnet_publishes_and_replaces(ctx: Context) -> None:
    assert commit(ctx, HELLO) == [{"Commitment": {"netuid": NETUID, "who": account("miner")}}]
    stored = ctx.state.get(PALLET, "CommitmentOf", NETUID, account("miner"))
    assert stored == {"deposit": 0, "block": 10, "info": {"fields": [HELLO]}}
    ctx.block = 11
    commit(ctx, {"Sha256": "0x" + "11" * 32})
    stored = ctx.state.get(PALLET, "CommitmentOf", NETUID, account("miner"))
    assert (stored["block"], list(stored["info"]["fields"][0])) == (11, ["Sha256"])
    assert ctx.state.get(PALLET, "LastCommitment", NETUID, account("miner")) == 11


def test_a_commitment_has_guards(ctx: Context) -> None:
    assert refused(ctx, HELLO, who="alice") == "AccountNotAllowedCommit"
    assert refused(ctx, HELLO, netuid=9) == "AccountNotAllowedCommit"
    assert refused(ctx, *[HELLO] * 4) == "TooManyFieldsInCommitmentInfo"
    failed = {"TimelockRevealFailed": {"encrypted": "0x00", "reveal_round": 1}}
    assert refused(ctx, failed) == "TimelockRevealFailedNotAllowed"


def test_so_many_bytes_are_free_in_an_epoch(ctx: Context) -> None:
    big = {"BigRaw": "0x" + "00" * 500}
    for _ in range(2):
        commit(ctx, big, big, big)
    commit(ctx, HELLO)
    usage = ctx.state.get(PALLET, "UsedSpaceOf", NETUID, account("miner"))
    assert usage["used_space"] == 3_100  # the small one counted for 100
    assert refused(ctx, HELLO) == "SpaceLimitExceeded"
    set_hyper(ctx, SubnetEpochIndex=1)
    commit(ctx, HELLO)
    ctx.dispatch(ROOT, Call(PALLET, "set_max_space", {"new_limit": 99}))
    assert refused(ctx, HELLO) == "SpaceLimitExceeded"


@pytest.mark.parametrize("allowed", [True, False])
def test_a_flag_resets_the_bonds_in_the_hotkey_where_the_subnet_allows_it(ctx: Context, allowed: bool) -> None:
    set_hyper(ctx, BondsResetOn=allowed)
    ctx.state.put(MODULE, "Bonds", NETUID, 0, [(0, 5), (1, 6)])
    commit(ctx, "ResetBondsFlag")
    bonds = [tuple(entry) for entry in ctx.state.get(MODULE, "Bonds", NETUID, 0)]
    assert bonds == ([(0, 5)] if allowed else [(0, 5), (1, 6)])
    assert ctx.state.get(PALLET, "LastBondsReset", NETUID, account("miner")) == 10


def test_what_is_sealed_opens_with_its_round(ctx: Context) -> None:
    assert commit(ctx, HELLO, sealed(b"my model")) == [
        {"TimelockCommitment": {"netuid": NETUID, "who": account("miner"), "reveal_round": ROUND}}
    ]
    commitments.reveal_timelocked_commitments(ctx)
    assert ctx.state.get(PALLET, "RevealedCommitments", NETUID, account("miner")) is None
    write_pulse(ctx)
    since = len(ctx.events)
    commitments.reveal_timelocked_commitments(ctx)
    assert events(ctx, since) == [{"CommitmentRevealed": {"netuid": NETUID, "who": account("miner")}}]
    assert ctx.state.get(PALLET, "RevealedCommitments", NETUID, account("miner")) == [("my model", 10)]
    assert ctx.state.get(PALLET, "CommitmentOf", NETUID, account("miner"))["info"]["fields"] == [HELLO]
    assert ctx.state.get(PALLET, "TimelockedIndex") == []


def test_a_commitment_that_was_all_sealed_is_gone_when_it_opened(ctx: Context) -> None:
    commit(ctx, sealed(b"one"))
    write_pulse(ctx)
    commitments.reveal_timelocked_commitments(ctx)
    assert ctx.state.get(PALLET, "CommitmentOf", NETUID, account("miner")) is None


def bare(text: bytes) -> str:
    return str(sealed(text)["TimelockEncrypted"]["encrypted"])


def envelope(encrypted: str, reveal_round: int) -> str:
    data = bytes.fromhex(encrypted.removeprefix("0x"))
    return "0x" + (compact(len(data)) + data + reveal_round.to_bytes(8, "little")).hex()


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: "0x" + "ff" * 99, "CiphertextDeserialize"),
        (lambda: envelope(bare(b"x"), ROUND + 1), "RoundMismatch"),
        (lambda: envelope("0x" + "ff" * 99, ROUND), "CiphertextDeserialize"),
        (lambda: bare(b""), "EmptyPlaintext"),
    ],
)
def test_what_does_not_open_is_kept_as_failed(ctx: Context, make: Callable[[], str], error: str) -> None:
    """`reveal_timelocked_commitments` since spec 446: told once, kept in `CommitmentOf`, tried no more."""
    encrypted = make()
    commit(ctx, HELLO, {"TimelockEncrypted": {"encrypted": encrypted, "reveal_round": ROUND}})
    write_pulse(ctx)
    since, who = len(ctx.events), account("miner")
    for _ in range(2):
        commitments.reveal_timelocked_commitments(ctx)
    told = {"netuid": NETUID, "who": who, "reveal_round": ROUND, "error": error}
    assert events(ctx, since) == [{"CommitmentRevealFailed": told}]
    failed = {"TimelockRevealFailed": {"encrypted": encrypted, "reveal_round": ROUND}}
    assert ctx.state.get(PALLET, "CommitmentOf", NETUID, who)["info"]["fields"] == [HELLO, failed]
    assert ctx.state.get(PALLET, "RevealedCommitments", NETUID, who) is None
    assert ctx.state.get(PALLET, "TimelockedIndex") == []


def test_the_sdk_s_envelope_opens_too(ctx: Context) -> None:
    encrypted = envelope(bare(b"my model"), ROUND)
    commit(ctx, {"TimelockEncrypted": {"encrypted": encrypted, "reveal_round": ROUND}})
    write_pulse(ctx)
    commitments.reveal_timelocked_commitments(ctx)
    assert ctx.state.get(PALLET, "RevealedCommitments", NETUID, account("miner")) == [("my model", 10)]


@pytest.mark.parametrize(("oldest", "expired"), [(0, False), (ROUND, False), (ROUND + 1, True)])
def test_a_round_that_the_chain_has_forgotten_never_comes(ctx: Context, oldest: int, expired: bool) -> None:
    commit(ctx, sealed(b"one"))
    ctx.state.put("Drand", "OldestStoredRound", oldest)
    commitments.reveal_timelocked_commitments(ctx)
    fields = ctx.state.get(PALLET, "CommitmentOf", NETUID, account("miner"))["info"]["fields"]
    assert list(fields[0]) == ["TimelockRevealFailed" if expired else "TimelockEncrypted"]
    assert (ctx.state.get(PALLET, "TimelockedIndex") == []) is expired


def test_a_dissolved_subnet_takes_its_commitments_with_it(ctx: Context) -> None:
    commit(ctx, sealed(b"one"))
    commitments.purge_netuid(ctx, NETUID)
    assert ctx.state.entries(PALLET, "CommitmentOf") == []
    assert ctx.state.get(PALLET, "TimelockedIndex") == []


@pytest.mark.parametrize("trimmed", [False, True])
def test_a_hotkey_that_loses_its_place_loses_its_commitments_too(ctx: Context, trimmed: bool) -> None:
    """Source at spec 475: `subnets/uids.rs` (`replace_neuron`, `trim_uids_impl`), `commitments/src/lib.rs`."""
    hotkey = account("miner")
    commit(ctx, sealed(b"one"), "ResetBondsFlag")
    commit(ctx, HELLO, who="validator")
    add_neuron(ctx, "other", "bob")
    deposit = {**ctx.state.get(PALLET, "CommitmentOf", NETUID, hotkey), "deposit": 7}
    ctx.state.put(PALLET, "CommitmentOf", NETUID, hotkey, deposit)
    ctx.state.put(PALLET, "RevealedCommitments", NETUID, hotkey, [("before", 3)])
    balances.deposit(ctx, hotkey, TAO)
    balances.reserve(ctx, hotkey, 7)
    free = balances.free_balance(ctx, hotkey)
    if trimmed:
        set_hyper(ctx, ImmunityPeriod=0, MinAllowedUids=1, Emission=[2, 1, 2])
        uids.trim_to_max_allowed_uids(ctx, NETUID, 2)
    else:
        uids.replace_neuron(ctx, NETUID, 1, account("carol"))
    assert [ctx.state.exists(PALLET, item, NETUID, hotkey) for item in commitments.ITEMS] == [False] * 5
    assert ctx.state.get(PALLET, "TimelockedIndex") == []
    assert balances.free_balance(ctx, hotkey) == free + 7
    assert [keys[-1] for keys, _ in ctx.state.entries(PALLET, "CommitmentOf")] == [account("validator")]


def test_an_unsigned_origin_publishes_nothing(ctx: Context) -> None:
    with pytest.raises(DispatchError, match="BadOrigin"):
        ctx.dispatch(NONE, Call(PALLET, "set_commitment", {"netuid": NETUID, "info": {"fields": []}}))
