"""Commit-reveal; cases of the public chain's `pallets/subtensor/src/tests/weights.rs`."""

import hashlib
from typing import Any

import bittensor_core
import pytest

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import NONE, Call
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.pallets import drand
from tao_lab.chain.pallets.subtensor.block_step import block_step
from tao_lab.chain.pallets.subtensor.commit_reveal import commit_hash
from tao_lab.chain.pallets.subtensor.epochs import epoch_input
from tests.chain.conftest import account, key
from tests.chain.subtensor.conftest import MODULE, NETUID, add_neuron, do, events, refused, set_hyper, weights_of

TEMPO = 13
SALT = [1, 2, 3, 4, 5, 6, 7, 8]
# round 1,000 of drand's quicknet, as in pallets/drand/src/tests.rs
ROUND = 1_000
RANDOMNESS = "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd"
SIGNATURE = "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"

BAD_SIGNATURE = "b0a8b04e009cf72534321aca0f50048da596a3feec1172a0244d9a4a623a3123d0402da79854d4c705e94bc73224c341"


@pytest.fixture
def validator(ctx: Context) -> int:
    """Subnet 1 wants commits; UID 0 is a validator, UID 1 a miner."""
    set_hyper(ctx, CommitRevealWeightsEnabled=True, Tempo=TEMPO, WeightsSetRateLimit=5)
    ctx.state.put(MODULE, "LastEpochBlock", NETUID, ctx.block)
    uid = add_neuron(ctx, "validator", "alice", stake=1_000, permit=True)
    add_neuron(ctx, "miner", "bob")
    return uid


def reveal(values: tuple[int, int] = (10, 20)) -> dict[str, Any]:
    return {"netuid": NETUID, "uids": [0, 1], "values": list(values), "salt": SALT, "version_key": 0}


def hash_of(values: tuple[int, int] = (10, 20), who: str = "validator") -> str:
    return commit_hash(account(who), NETUID, [0, 1], list(values), SALT, 0)


def commit(ctx: Context, values: tuple[int, int] = (10, 20)) -> list[dict[str, Any]]:
    return do(ctx, "validator", "commit_weights", netuid=NETUID, commit_hash=hash_of(values))


def step(ctx: Context, blocks: int) -> None:
    """Blocks without extrinsics."""
    for _ in range(blocks):
        ctx.block += 1
        block_step(ctx)


def next_epoch(ctx: Context) -> None:
    """Blocks up to the next epoch of subnet 1."""
    index = ctx.state.get(MODULE, "SubnetEpochIndex", NETUID)
    while ctx.state.get(MODULE, "SubnetEpochIndex", NETUID) == index:
        step(ctx, 1)


def test_the_hash_covers_the_scale_bytes_of_everything() -> None:
    scale = bytes(key("validator").public_key) + NETUID.to_bytes(2, "little")
    for numbers in ([0, 1], [10, 20], SALT):
        scale += bytes([len(numbers) << 2]) + b"".join(number.to_bytes(2, "little") for number in numbers)
    assert hash_of() == "0x" + hashlib.blake2b(scale + bytes(8), digest_size=32).hexdigest()


def test_a_commit_is_revealed_in_the_next_epoch(ctx: Context, validator: int) -> None:
    at = ctx.block
    assert commit(ctx) == [{"WeightsCommitted": (account("validator"), NETUID, hash_of())}]
    assert ctx.state.get(MODULE, "LastUpdate", NETUID)[validator] == at
    assert [tuple(entry) for entry in ctx.state.get(MODULE, "WeightCommits", NETUID, account("validator"))] == [
        (hash_of(), 0, at, 0)
    ]
    next_epoch(ctx)
    names = [next(iter(event)) for event in do(ctx, "validator", "reveal_weights", **reveal())]
    assert names == ["WeightsSet", "WeightsRevealed"]
    assert weights_of(ctx, validator) == [(0, 32_768), (1, 65_535)]
    assert ctx.state.get(MODULE, "WeightCommits", NETUID, account("validator")) is None
    assert ctx.state.get(MODULE, "LastUpdate", NETUID)[validator] == at  # a reveal does not count as activity


def test_a_reveal_comes_neither_early_nor_late(ctx: Context, validator: int) -> None:
    commit(ctx)
    assert refused(ctx, "validator", "reveal_weights", **reveal()) == "RevealTooEarly"
    next_epoch(ctx)
    next_epoch(ctx)
    assert refused(ctx, "validator", "reveal_weights", **reveal()) == "RevealTooEarly"  # the guard's name for it
    set_hyper(ctx, RevealPeriodEpochs=2)
    do(ctx, "validator", "reveal_weights", **reveal())


@pytest.mark.parametrize("epochs", [1, 2, 5])
def test_the_reveal_period_says_which_epoch(ctx: Context, validator: int, epochs: int) -> None:
    set_hyper(ctx, RevealPeriodEpochs=epochs)
    commit(ctx)
    for _ in range(epochs):
        assert refused(ctx, "validator", "reveal_weights", **reveal()) == "RevealTooEarly"
        next_epoch(ctx)
    do(ctx, "validator", "reveal_weights", **reveal())


def test_a_reveal_of_something_else_is_refused(ctx: Context, validator: int) -> None:
    assert refused(ctx, "validator", "reveal_weights", **reveal()) == "NoWeightsCommitFound"
    commit(ctx)
    next_epoch(ctx)
    assert refused(ctx, "validator", "reveal_weights", **reveal((20, 10))) == "NoWeightsCommitFound"
    wrong_salt = {**reveal(), "salt": [9]}
    assert refused(ctx, "validator", "reveal_weights", **wrong_salt) == "NoWeightsCommitFound"


def test_a_reveal_drops_the_commits_before_it(ctx: Context, validator: int) -> None:
    for values in ((1, 2), (3, 4), (5, 6)):
        commit(ctx, values)
        ctx.block += 5
        ctx.state.put(MODULE, "LastEpochBlock", NETUID, ctx.block)
    next_epoch(ctx)
    do(ctx, "validator", "reveal_weights", **reveal((3, 4)))
    assert refused(ctx, "validator", "reveal_weights", **reveal((1, 2))) == "NoWeightsCommitFound"
    do(ctx, "validator", "reveal_weights", **reveal((5, 6)))
    assert weights_of(ctx, validator) == [(0, 54_613), (1, 65_535)]


def test_commits_are_limited_in_rate_and_number(ctx: Context, validator: int) -> None:
    commit(ctx, (1, 0))
    assert refused(ctx, "validator", "commit_weights", netuid=NETUID, commit_hash=hash_of()) == (
        "CommittingWeightsTooFast"
    )
    set_hyper(ctx, WeightsSetRateLimit=0)
    for value in range(2, 11):
        commit(ctx, (value, 0))
    assert refused(ctx, "validator", "commit_weights", netuid=NETUID, commit_hash=hash_of()) == (
        "TooManyUnrevealedCommits"
    )
    next_epoch(ctx)
    next_epoch(ctx)  # the ten have expired, and make room
    commit(ctx)
    assert len(ctx.state.get(MODULE, "WeightCommits", NETUID, account("validator"))) == 1


def test_without_commit_reveal_there_is_nothing_to_commit(ctx: Context, validator: int) -> None:
    commit(ctx)
    next_epoch(ctx)
    set_hyper(ctx, CommitRevealWeightsEnabled=False)
    assert refused(ctx, "validator", "commit_weights", netuid=NETUID, commit_hash=hash_of()) == "CommitRevealDisabled"
    assert refused(ctx, "validator", "reveal_weights", **reveal()) == "CommitRevealDisabled"
    assert refused(ctx, "stranger", "commit_weights", netuid=9, commit_hash=hash_of()) == "MechanismDoesNotExist"


def test_several_commits_are_revealed_at_once_or_not_at_all(ctx: Context, validator: int) -> None:
    set_hyper(ctx, WeightsSetRateLimit=0)
    for values in ((1, 2), (3, 4)):
        commit(ctx, values)
    next_epoch(ctx)
    args = {
        "netuid": NETUID,
        "uids_list": [[0, 1], [0, 1]],
        "values_list": [[3, 4], [1, 2]],
        "salts_list": [SALT, SALT],
        "version_keys": [0, 0],
    }
    broken = {**args, "values_list": [[3, 4], [7, 7]]}
    assert refused(ctx, "validator", "batch_reveal_weights", **broken) == "NoWeightsCommitFound"
    assert refused(ctx, "validator", "batch_reveal_weights", **{**args, "salts_list": [SALT]}) == "InputLengthsUnequal"
    twice = {**args, "values_list": [[3, 4], [3, 4]]}
    assert refused(ctx, "validator", "batch_reveal_weights", **twice) == "InvalidRevealCommitHashNotMatch"
    last = do(ctx, "validator", "batch_reveal_weights", **args)[-1]
    assert last == {"WeightsBatchRevealed": (account("validator"), NETUID, [hash_of((3, 4)), hash_of((1, 2))])}
    assert weights_of(ctx, validator) == [(0, 32_768), (1, 65_535)]
    assert ctx.state.get(MODULE, "WeightCommits", NETUID, account("validator")) is None


def test_a_batch_of_commits_names_the_subnet_that_failed(ctx: Context, validator: int) -> None:
    ctx.state.put(MODULE, "TotalNetworks", 2)
    done = do(ctx, "validator", "batch_commit_weights", netuids=[9, NETUID], commit_hashes=[hash_of(), hash_of()])
    assert [next(iter(event)) for event in done] == [
        "WeightsCommitted",
        "BatchCompletedWithErrors",
        "BatchWeightItemFailed",
        "BatchWeightsCompleted",
    ]
    assert done[2]["BatchWeightItemFailed"][0] == 9


def test_an_open_commit_keeps_weights_off_a_neuron_that_came_later(ctx: Context, validator: int) -> None:
    """The epoch masks columns by the block of the earliest open commit (`test_epoch_masks_incoming_to_sniped_uid…`)."""
    at = ctx.block
    commit(ctx)
    inputs = epoch_input(ctx.state, NETUID, ctx.block, 0)
    assert inputs.commit_block is not None
    assert inputs.commit_block.tolist() == [at, 2**64 - 1]
    set_hyper(ctx, CommitRevealWeightsEnabled=False)
    assert epoch_input(ctx.state, NETUID, ctx.block, 0).commit_block is None


# --- timelocked -------------------------------------------------------------------------------------------------


def sealed(ctx: Context, payload: Any, scale_type: str = "(Vec<u8>, Vec<u16>, Vec<u16>, u64)") -> str:
    """What the SDK commits: a payload encrypted for `ROUND`, without the frame around it."""
    plain = bytes(ctx.runtime.core.encode(scale_type, payload))
    framed, _ = bittensor_core.encrypt_at_round(plain, ROUND)
    return "0x" + framed[2:-8].hex()  # length in front, round behind


def payload_of(who: str, values: tuple[int, int] = (10, 20)) -> Any:
    return (bytes(key(who).public_key), [0, 1], list(values), 0)


def commit_sealed(ctx: Context, commit: str, **changes: Any) -> list[dict[str, Any]]:
    args = {"netuid": NETUID, "commit": commit, "reveal_round": ROUND, "commit_reveal_version": 4, **changes}
    return do(ctx, "validator", "commit_timelocked_weights", **args)


def write_pulse(
    ctx: Context, signature: str = SIGNATURE, reveal_round: int = ROUND, randomness: str = RANDOMNESS
) -> None:
    pulse = {"round": reveal_round, "randomness": "0x" + randomness, "signature": "0x" + signature}
    payload = {"block_number": ctx.block, "pulses": [pulse], "public": {"Sr25519": "0x" + "00" * 32}}
    ctx.dispatch(NONE, Call("Drand", "write_pulse", {"pulses_payload": payload, "signature": None}))


def test_a_round_has_the_randomness_of_its_signature(ctx: Context) -> None:
    """Since spec 453 a pulse with any other randomness is not stored."""
    write_pulse(ctx, randomness="00" * 32)
    assert ctx.state.get("Drand", "Pulses", ROUND) is None
    write_pulse(ctx)
    assert ctx.state.get("Drand", "Pulses", ROUND)["randomness"] == "0x" + RANDOMNESS


def test_timelocked_weights_open_by_themselves(ctx: Context, validator: int) -> None:
    at, epoch = ctx.block, ctx.state.get(MODULE, "SubnetEpochIndex", NETUID)
    (event,) = commit_sealed(ctx, sealed(ctx, payload_of("validator")))
    assert event["TimelockedWeightsCommitted"][0] == account("validator")
    assert event["TimelockedWeightsCommitted"][3] == ROUND
    queue = ctx.state.get(MODULE, "TimelockedWeightCommits", NETUID, epoch)
    assert [(who, block, number) for who, block, _, number in queue] == [(account("validator"), at, ROUND)]
    write_pulse(ctx)
    step(ctx, TEMPO - 1)
    assert weights_of(ctx, validator) == []
    before = len(ctx.events)
    step(ctx, 1)
    names = [next(iter(event)) for event in events(ctx, before)]
    assert names == ["WeightsSet", "TimelockedWeightsRevealed", "IncentiveAlphaEmittedToMiners"]
    assert weights_of(ctx, validator) == [(0, 32_768), (1, 65_535)]
    assert ctx.state.entries(MODULE, "TimelockedWeightCommits", NETUID) == []


def test_a_missing_round_is_waited_for_in_its_epoch(ctx: Context, validator: int) -> None:
    commit_sealed(ctx, sealed(ctx, payload_of("validator")))
    next_epoch(ctx)
    step(ctx, 3)
    assert weights_of(ctx, validator) == []
    write_pulse(ctx)
    step(ctx, 1)
    assert weights_of(ctx, validator)


def test_a_round_that_comes_an_epoch_too_late_opens_nothing(ctx: Context, validator: int) -> None:
    commit_sealed(ctx, sealed(ctx, payload_of("validator")))
    next_epoch(ctx)
    next_epoch(ctx)
    write_pulse(ctx)
    step(ctx, 2 * TEMPO)
    assert weights_of(ctx, validator) == []
    assert ctx.state.entries(MODULE, "TimelockedWeightCommits", NETUID) == []


def test_what_does_not_open_is_dropped_and_the_rest_is_set(ctx: Context, validator: int) -> None:
    set_hyper(ctx, WeightsSetRateLimit=0)
    good = sealed(ctx, payload_of("validator", (1, 1)))
    for bad in ("0x", "0xff00", good[:-20], sealed(ctx, payload_of("miner")), sealed(ctx, (1, 2), "(u8, u8)")):
        commit_sealed(ctx, bad)
    commit_sealed(ctx, sealed(ctx, (bytes(key("validator").public_key), [0, 0], [1, 1], 0)))  # duplicate UIDs
    commit_sealed(ctx, good)
    write_pulse(ctx)
    before = len(ctx.events)
    next_epoch(ctx)
    opened = [event for event in events(ctx, before) if "TimelockedWeightsRevealed" in event]
    assert opened == [{"TimelockedWeightsRevealed": (NETUID, account("validator"))}]
    assert weights_of(ctx, validator) == [(0, 65_535), (1, 65_535)]


def test_the_payload_of_an_older_client_still_opens(ctx: Context, validator: int) -> None:
    commit_sealed(ctx, sealed(ctx, ([0, 1], [10, 20], 0), "(Vec<u16>, Vec<u16>, u64)"))
    write_pulse(ctx)
    next_epoch(ctx)
    assert weights_of(ctx, validator) == [(0, 32_768), (1, 65_535)]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"commit_reveal_version": 3}, "IncorrectCommitRevealVersion"),
        ({"netuid": 9}, "MechanismDoesNotExist"),
    ],
)
def test_a_timelocked_commit_has_guards(ctx: Context, validator: int, changes: dict[str, Any], error: str) -> None:
    args = {"netuid": NETUID, "commit": "0x00", "reveal_round": ROUND, "commit_reveal_version": 4, **changes}
    assert refused(ctx, "validator", "commit_timelocked_weights", **args) == error


def test_a_timelocked_commit_has_at_most_5000_bytes(ctx: Context, validator: int) -> None:
    """`null_consensus_yuma_keeps_legacy_ciphertext_limit`: the call's type takes more, for Null consensus."""
    set_hyper(ctx, WeightsSetRateLimit=0)
    commit_sealed(ctx, "0x" + "00" * 5_000)
    args = {"netuid": NETUID, "commit": "0x" + "00" * 5_001, "reveal_round": ROUND, "commit_reveal_version": 4}
    assert refused(ctx, "validator", "commit_timelocked_weights", **args) == "CommitPayloadTooLarge"


def test_a_round_that_is_known_already_seals_nothing(ctx: Context, validator: int) -> None:
    write_pulse(ctx)
    args = {"netuid": NETUID, "commit": "0x00", "reveal_round": ROUND - 1, "commit_reveal_version": 4}
    assert refused(ctx, "validator", "commit_timelocked_weights", **args) == "InvalidRevealRound"
    assert ctx.state.get("Drand", "LastStoredRound") == ROUND == ctx.state.get("Drand", "OldestStoredRound")


def test_the_signature_of_another_round_is_passed_over(ctx: Context) -> None:
    # `verifier.rs`: such a pulse is `Ok(false)`; only one that is not a signature is an error
    before = len(ctx.events)
    write_pulse(ctx, reveal_round=ROUND + 1)
    assert events(ctx, before) == []
    assert ctx.state.get("Drand", "Pulses", ROUND + 1) is None
    assert ctx.state.get("Drand", "LastStoredRound") == 0 == ctx.state.get("Drand", "OldestStoredRound")


def test_a_hundred_rounds_are_removed_at_a_time(ctx: Context) -> None:
    # `pallets/drand/src/tests.rs`: `test_prune_maximum_of_100_pulses_per_call`
    last = 1 + 216_000 + 250
    ctx.state.put("Drand", "OldestStoredRound", 1)
    for number in [*range(1, 152), last]:
        ctx.state.put("Drand", "Pulses", number, {"round": number, "randomness": "0x", "signature": "0x"})
    drand.prune(ctx, last)
    assert ctx.state.get("Drand", "OldestStoredRound") == 101
    kept = sorted(number for number, _ in ctx.state.entries("Drand", "Pulses"))
    assert kept == [*range(101, 152), last]


@pytest.mark.parametrize(
    ("signature", "reveal_round", "error"),
    [
        (SIGNATURE[:-2] + "00", ROUND, "PulseVerificationError"),
        ("", ROUND, "PulseVerificationError"),
        (BAD_SIGNATURE, ROUND, "PulseVerificationError"),  # `it_rejects_invalid_pulse_due_to_bad_signature`
        (SIGNATURE, ROUND, "InvalidRoundNumber"),
    ],
)
def test_a_pulse_is_the_beacon_s_and_new(ctx: Context, signature: str, reveal_round: int, error: str) -> None:
    if error == "InvalidRoundNumber":
        write_pulse(ctx)
    with pytest.raises(DispatchError, match=error):
        write_pulse(ctx, signature, reveal_round)
