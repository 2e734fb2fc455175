"""Calls that never enter a block: `pallets/subtensor/src/{guards,extensions}/*.rs`, through signed extrinsics."""

from hashlib import sha256
from typing import Any

import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.errors import InvalidTransaction
from tao_lab.chain.pallets.subtensor.commit_reveal import commit_hash
from tao_lab.consensus import epoch
from tao_lab.network import Network
from tests.chain.conftest import TAO, account, free, key, run
from tests.chain.subtensor.conftest import MODULE, NETUID, add_neuron, add_subnet, set_hyper, weights_of

ROUND, SIGNATURE = (
    1_000,
    "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39",
)


@pytest.fixture
def open_chain(chain: Chain) -> Chain:
    """A committed chain on which alice is also a validator's hotkey (with money), and bob a miner."""
    ctx = context(chain)
    add_subnet(ctx, NETUID)
    add_neuron(ctx, "alice", "carol", stake=1_000, permit=True)
    add_neuron(ctx, "bob", "carol")
    chain.produce_block()
    return chain


def context(chain: Chain) -> Context:
    return Context(chain.runtime, chain.state, chain.head.number, account("authority"))


def weights(**changes: Any) -> dict[str, Any]:
    return {"netuid": NETUID, "dests": [1], "weights": [7], "version_key": 0, **changes}


def submit(chain: Chain, who: str, name: str, **args: Any) -> InvalidTransaction:
    """Send a call that the pool must refuse."""
    before = dict(chain.state.raw.items())
    with pytest.raises(InvalidTransaction) as caught:
        chain.submit(chain.sign(key(who), MODULE, name, args))
    assert chain.pool == ()
    assert dict(chain.state.raw.items()) == before
    return caught.value


def test_setting_weights_is_free_of_charge(open_chain: Chain) -> None:
    before = free(open_chain, "alice")
    events = run(open_chain, "alice", MODULE, "set_weights", **weights())
    assert events[0] == ("SubtensorModule.WeightsSet", (NETUID, 0))
    assert free(open_chain, "alice") == before
    assert weights_of(context(open_chain), 0) == [(1, 65_535)]
    assert open_chain.verify() is None


def test_a_hotkey_without_tao_keeps_its_nonce(open_chain: Chain) -> None:
    """`runtime/src/check_nonce.rs` since spec 462: otherwise old extrinsics could be sent again."""
    add_neuron(context(open_chain), "poor", "carol", stake=1_000, permit=True)
    run(open_chain, "poor", MODULE, "set_weights", **weights())
    run(open_chain, "alice", "Balances", "transfer_keep_alive", dest=account("poor"), value=TAO)
    run(open_chain, "poor", "Balances", "transfer_all", dest=account("alice"), keep_alive=False)
    info = open_chain.state.get("System", "Account", account("poor"))
    assert (info["nonce"], info["providers"], info["sufficients"], info["data"]["free"]) == (2, 0, 1, 0)
    rich = open_chain.state.get("System", "Account", account("alice"))
    assert (rich["providers"], rich["sufficients"]) == (1, 0)


@pytest.mark.parametrize(
    ("who", "name", "args", "items", "number"),
    [
        ("alice", "set_weights", weights(), {"StakeThreshold": 1_001}, 1),
        ("alice", "decrease_take", {"hotkey": account("nobody"), "take": 1}, {}, 4),
        ("bob", "decrease_take", {"hotkey": account("alice"), "take": 1}, {}, 25),
        ("alice", "decrease_take", {"hotkey": account("alice"), "take": 1}, {"MinDelegateTake": 2}, 26),
        ("alice", "increase_take", {"hotkey": account("alice"), "take": 11_797}, {}, 27),
        ("alice", "batch_commit_weights", {"netuids": [1], "commit_hashes": []}, {}, 18),
        ("alice", "batch_set_weights", {"netuids": [], "weights": [], "version_keys": [0]}, {}, 18),
        ("alice", "reveal_weights", {"netuid": 1, "uids": [], "values": [], "salt": [], "version_key": 0}, {}, 16),
    ],
)
def test_the_pool_answers_with_the_number_that_clients_know(
    open_chain: Chain, who: str, name: str, args: dict[str, Any], items: dict[str, Any], number: int
) -> None:
    for item, value in items.items():
        open_chain.state.put(MODULE, item, value)
    error = submit(open_chain, who, name, **args)
    assert (error.name, error.custom) == ("Custom", number)


def test_weights_that_come_too_fast_do_not_enter_the_pool(open_chain: Chain) -> None:
    run(open_chain, "alice", MODULE, "set_weights", **weights())
    error = submit(open_chain, "alice", "set_weights", **weights())
    assert (error.custom, error.sentence) == (
        6,
        "SubtensorModule.SettingWeightsTooFast: weights may be set once in 100 blocks",
    )


def test_a_reveal_enters_the_pool_in_its_epoch(open_chain: Chain) -> None:
    set_hyper(context(open_chain), CommitRevealWeightsEnabled=True, Tempo=4, LastEpochBlock=open_chain.head.number)
    args = {"netuid": NETUID, "uids": [1], "values": [7], "salt": [1], "version_key": 0}
    committed = commit_hash(account("alice"), NETUID, [1], [7], [1], 0)
    run(open_chain, "alice", MODULE, "commit_weights", netuid=NETUID, commit_hash=committed)
    assert submit(open_chain, "alice", "reveal_weights", **args).custom == 17
    for _ in range(3):
        open_chain.produce_block()
    run(open_chain, "alice", MODULE, "reveal_weights", **args)
    assert weights_of(context(open_chain), 0) == [(1, 65_535)]


def test_a_swap_that_is_announced_closes_the_pool(open_chain: Chain) -> None:
    run(open_chain, "alice", MODULE, "announce_coldkey_swap", new_coldkey_hash="0x" + "11" * 32)
    assert submit(open_chain, "alice", "set_weights", **weights()).custom == 0
    run(open_chain, "alice", MODULE, "dispute_coldkey_swap")
    assert submit(open_chain, "alice", "dispute_coldkey_swap").custom == 21


def test_the_author_brings_rounds_of_the_beacon(open_chain: Chain) -> None:
    randomness = sha256(bytes.fromhex(SIGNATURE)).hexdigest()
    pulse = {"round": ROUND, "randomness": "0x" + randomness, "signature": "0x" + SIGNATURE}
    payload = {"block_number": 0, "pulses": [pulse], "public": {"Sr25519": "0x" + "00" * 32}}
    args = {"pulses_payload": payload, "signature": None}
    open_chain.add_inherent("Drand", "write_pulse", args)
    open_chain.add_inherent("Drand", "write_pulse", args)  # no longer new
    block = open_chain.produce_block()
    names = [(event["event_id"], event["extrinsic_idx"]) for event in open_chain.events(block.number)]
    assert names[-3:] == [("NewPulse", 1), ("ExtrinsicSuccess", 1), ("ExtrinsicFailed", 2)]
    assert open_chain.state.get("Drand", "LastStoredRound") == ROUND
    assert open_chain.verify() is None
    assert len(open_chain.produce_block().extrinsics) == 1


def test_the_network_runs_a_student_s_rule() -> None:
    with Network() as net:
        ctx = context(net.chain)
        add_subnet(ctx, NETUID, Tempo=2)
        asked = []

        def mine(inputs: Any) -> Any:
            asked.append(inputs.block)
            return epoch(inputs)

        with net.rules.using(epoch=mine):
            net.run(blocks=5)
    assert asked == [2, 4]


def test_a_subnet_too_early_never_enters_a_block(open_chain: Chain) -> None:
    open_chain.state.put(MODULE, "LastRateLimitedBlock", "NetworkLastRegistered", open_chain.head.number)
    error = submit(open_chain, "alice", "register_network", hotkey=account("hot"))
    assert error.custom == 6
