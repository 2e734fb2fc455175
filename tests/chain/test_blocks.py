import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tao_lab.chain import dispatch
from tao_lab.chain.block import Header, decode_header
from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, Weight
from tao_lab.chain.errors import BadValue, BlockFailed, StoreError
from tao_lab.chain.merkle import blake2_256, verify_list_proof, verify_state_proof
from tests.chain.conftest import TAO, account, free, key, run


def play(chain: Chain) -> Chain:
    """A few blocks with something in them."""
    for number in range(4):
        args = {"dest": account("bob"), "value": TAO + number}
        chain.submit(chain.sign(key("faucet"), "Balances", "transfer_keep_alive", args))
        chain.produce_block()
    return chain


def test_the_same_calls_make_the_same_blocks() -> None:
    # sr25519 signatures are random, so both chains get the same bytes
    first, second = play(Chain()), Chain()
    for number in range(1, 5):
        for data in first.block(number).extrinsics[1:]:
            second.submit(data)
        assert second.produce_block() == first.block(number)


def test_a_header_names_its_parent_and_its_hash_is_the_blocks_name(chain: Chain) -> None:
    play(chain)
    for number in range(1, chain.head.number + 1):
        assert chain.block(number).header.parent_hash == chain.block(number - 1).hash
        assert chain.block_hash(number) == chain.block(number).hash
        assert chain.number_of(chain.block(number).hash) == number


@pytest.mark.parametrize("number", [0, 63, 64, 16_383, 16_384, 1 << 30])
def test_a_header_has_the_bytes_of_the_runtimes_type(chain: Chain, number: int) -> None:
    header = Header(bytes(range(32)), number, b"\x01" * 32, b"\x02" * 32, 10**9 + number)
    value = {
        "parent_hash": "0x" + header.parent_hash.hex(),
        "number": number,
        "state_root": "0x" + header.state_root.hex(),
        "extrinsics_root": "0x" + header.extrinsics_root.hex(),
        "digest": header.digest,
    }
    data = header.encode(chain.runtime)
    assert data == chain.runtime.encode(chain.runtime.header_type, value, "header")
    assert decode_header(chain.runtime, data) == header


def test_the_clock_is_the_extrinsic_that_a_client_would_compose(chain: Chain) -> None:
    block = chain.produce_block(time_ms=1_790_000_000_000)
    call = chain.compose("Timestamp", "set", {"now": 1_790_000_000_000})
    (clock,) = (chain.decode(data) for data in block.extrinsics)
    assert clock.call_data == call
    (event,) = chain.events(block.number)
    assert (event["event_id"], event["extrinsic_idx"]) == ("ExtrinsicSuccess", 0)
    assert event["attributes"]["dispatch_info"]["pays_fee"] == "No"


def test_time_goes_on_by_twelve_seconds_a_block_or_as_told(chain: Chain) -> None:
    before = chain.state.get("Timestamp", "Now")
    chain.produce_block()
    assert chain.state.get("Timestamp", "Now") == before + 12_000
    chain.produce_block(time_ms=before + 99_000)
    assert chain.state.get("Timestamp", "Now") == before + 99_000


def test_the_state_of_any_past_block_can_be_read(chain: Chain) -> None:
    seen = {}
    for _ in range(5):
        run(chain, "alice", "Balances", "transfer_keep_alive", dest=account("carol"), value=TAO)
        seen[chain.head.number] = (free(chain, "carol"), sorted(chain.state.entries("System", "Account"), key=str))
    for number, (balance, accounts) in seen.items():
        state = chain.at(number)
        assert state.get("System", "Account", account("carol"))["data"]["free"] == balance
        assert sorted(state.entries("System", "Account"), key=str) == accounts
        assert state.get("System", "Number") == number
    assert not chain.at(1).exists("System", "Account", account("carol"))
    with pytest.raises(BadValue, match="allowed: 0 to 6"):
        chain.at(7)


def test_pages_of_past_keys_are_those_of_the_head_at_that_time(chain: Chain) -> None:
    prefix = chain.state.key("System", "Account")
    before = list(chain.state.raw_keys(prefix))
    number = chain.head.number
    run(chain, "bob", "Balances", "transfer_all", dest=account("carol"), keep_alive=False)
    past = chain.at(number)
    assert past.raw_keys(prefix) == before
    assert list(past.raw_keys(prefix, before[0], 1)) == before[1:2]
    assert list(chain.state.raw_keys(prefix)) != before


def test_an_extrinsic_is_proved_against_the_header(chain: Chain) -> None:
    play(chain)
    block = chain.block(3)
    proof = chain.extrinsic_proof(3, 1)
    assert verify_list_proof(block.header.extrinsics_root, block.extrinsics[1], proof)
    assert not verify_list_proof(chain.block(2).header.extrinsics_root, block.extrinsics[1], proof)


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_balance_is_proved_against_the_header_of_any_block(chain: Chain, number: int) -> None:
    play(chain)
    storage_key = chain.state.key("System", "Account", account("bob"))
    value = chain.at(number).raw_get(storage_key)
    root = chain.block(number).header.state_root
    assert value is not None
    assert verify_state_proof(root, storage_key, value, chain.state_proof(storage_key, number))
    assert not verify_state_proof(root, storage_key, value + b"\x00", chain.state_proof(storage_key, number))
    absent = chain.state.key("System", "Account", account("nobody"))
    assert verify_state_proof(root, absent, None, chain.state_proof(absent, number))


# --- tampering -------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A closed chain of five blocks on disk."""
    path = tmp_path / "chain.db"
    play(Chain(path)).close()
    return path


TAMPERING = {
    "a value": (
        "UPDATE changes SET value = CAST(x'ff' || value AS BLOB) WHERE block = 2 AND length(value) = 56",
        "state",
    ),
    "a value taken away": ("DELETE FROM changes WHERE block = 2 AND length(value) = 56", "state"),
    "an extrinsic": ("UPDATE blocks SET extrinsics = substr(extrinsics, 1, 11) WHERE number = 2", "extrinsics"),
    "half an extrinsic": ("UPDATE blocks SET extrinsics = substr(extrinsics, 1, 30) WHERE number = 2", "decode"),
    "a header": ("UPDATE blocks SET header = CAST(header || x'00' AS BLOB) WHERE number = 2", "header"),
    "a name": ("UPDATE blocks SET hash = x'aa' WHERE number = 2", "hash"),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_verify_finds_the_first_block_that_was_tampered_with(file: Path, what: str) -> None:
    statement, reason = TAMPERING[what]
    with sqlite3.connect(file) as db:
        db.execute(statement)
        assert db.total_changes > 0
        db.execute("UPDATE changes SET value = x'00' WHERE block = 4 AND length(value) = 56")
    db.close()
    chain = Chain(file)
    found = chain.verify()
    chain.close()
    assert found is not None
    assert found.number == 2
    assert reason in found.reason


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM blocks", "every block is missing"),
        ("DELETE FROM blocks WHERE number = 0", "block 0 is missing"),
        ("DELETE FROM blocks WHERE number = 2", "block 2 is missing"),
        ("DELETE FROM blocks WHERE number = 4", "block 4 is missing"),
        ("DELETE FROM changes", "what block 4 wrote is missing"),
        ("UPDATE blocks SET hash = x'aa' WHERE number = 3", "block 4 does not follow block 3"),
        ("UPDATE blocks SET number = 9 WHERE number = 4", "block 4 is missing"),
        ("UPDATE blocks SET header = x'' WHERE number = 4", "block 4 does not follow block 3"),
        ("DROP TABLE blocks", "no such table"),
    ],
)
def test_a_file_in_which_blocks_are_missing_does_not_open(file: Path, statement: str, says: str) -> None:
    with sqlite3.connect(file) as db:
        db.execute(statement)
    db.close()
    for _ in range(2):
        with pytest.raises(StoreError, match=says):
            Chain(file)


def test_verify_finds_a_key_that_was_taken_away(file: Path) -> None:
    with sqlite3.connect(file) as db:
        db.execute("DELETE FROM keys WHERE id = (SELECT max(key_id) FROM changes WHERE length(value) = 56)")
    db.close()
    chain = Chain(file)
    found = chain.verify()
    chain.close()
    assert found is not None
    assert "state" in found.reason


def test_verify_is_content_with_what_nobody_touched(file: Path) -> None:
    chain = Chain(file)
    assert chain.verify() is None
    assert chain.head.number == 4
    run(chain, "bob", "System", "remark", remark="goes on")
    assert chain.verify() is None
    chain.close()


def test_a_rewritten_block_is_found_by_its_child(file: Path) -> None:
    chain = Chain(file)
    header = chain.block(2).header
    changed = type(header)(header.parent_hash, 2, header.state_root, header.extrinsics_root, header.slot + 1)
    encoded = changed.encode(chain.runtime)
    chain.close()
    with sqlite3.connect(file) as db:
        db.execute("UPDATE blocks SET header = ?, hash = ? WHERE number = 2", (encoded, blake2_256(encoded)))
    db.close()
    chain = Chain(file)
    found = chain.verify()
    chain.close()
    assert found is not None
    assert (found.number, found.reason) == (2, "the next block names another parent")


# --- failures of rules -----------------------------------------------------------------------------------------


def with_call(monkeypatch: pytest.MonkeyPatch, function: Callable[..., None]) -> None:
    """Let `System.remark` run another function."""
    registered = dispatch.RegisteredCall("System", "remark", function, Weight(1), True, "Normal")
    monkeypatch.setitem(dispatch.CALLS, ("System", "remark"), registered)


def test_a_call_that_raises_fails_the_block_by_name_and_is_dropped(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(ctx: Context, origin: Origin, remark: str) -> None:
        ctx.state.put("SubtensorModule", "TotalStake", 5)
        raise ZeroDivisionError("a bug")

    with_call(monkeypatch, broken)
    before, root = chain.head, chain._tree.root
    chain.submit(chain.sign(key("alice"), "System", "remark", {"remark": "x"}))
    with pytest.raises(BlockFailed, match=r"block 2: System.remark raised ZeroDivisionError\('a bug'\)"):
        chain.produce_block()
    assert chain.head == before
    assert chain.state.get("SubtensorModule", "TotalStake") == 0
    assert chain.produce_block().number == 2
    assert chain._tree.root != root
    assert chain.verify() is None


def test_an_event_that_does_not_fit_fails_where_it_is_recorded(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(ctx: Context, origin: Origin, remark: str) -> None:
        ctx.deposit_event("Balances", "Transfer", who=account("alice"))

    with_call(monkeypatch, wrong)
    chain.submit(chain.sign(key("alice"), "System", "remark", {"remark": "x"}))
    chain.produce_block()
    assert [type(refusal.error) for refusal in chain.refused] == [BadValue]


def test_a_hook_that_raises_fails_the_block_and_keeps_the_pool(chain: Chain) -> None:
    def broken(ctx: Context) -> None:
        ctx.state.put("SubtensorModule", "TotalStake", 5)
        raise ValueError("nonsense")

    chain.submit(chain.sign(key("alice"), "System", "remark", {"remark": "x"}))
    dispatch.ON_INITIALIZE.append(("SubtensorModule", broken))
    try:
        with pytest.raises(BlockFailed, match=r"SubtensorModule\.broken raised"):
            chain.produce_block()
    finally:
        dispatch.ON_INITIALIZE.remove(("SubtensorModule", broken))
    assert chain.state.get("SubtensorModule", "TotalStake") == 0
    assert len(chain.pool) == 1
    assert len(chain.produce_block().extrinsics) == 2


def test_listeners_hear_of_each_block(chain: Chain) -> None:
    heard: list[int] = []
    chain.listeners.append(lambda block: heard.append(block.number))
    chain.produce_block()
    chain.produce_block()
    assert heard == [2, 3]
