"""Blocks whose state is not kept: the way to a later state without the history between."""

import sqlite3
from pathlib import Path

import pytest

from tao_lab.bench.population import Size, populate
from tao_lab.chain import executive
from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.errors import BadValue, BlockFailed
from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.runtime import Runtime
from tao_lab.network import Network
from tests.chain.conftest import account, key

SIZE = Size(subnets=2, neurons=5, validators=2, tempo=4)


def populated(path: Path | None = None) -> Chain:
    chain = Chain(path)
    populate(Context(chain.runtime, chain.state, 1, executive.author(chain.state)), SIZE)
    return chain


def test_they_lead_to_the_same_subnets() -> None:
    every, light = populated(), populated()
    for number in range(1, 11):
        every.produce_block()
        light.produce_block(keep_state=number == 10)
    prefix = every.runtime.item(MODULE, "TotalStake").prefix[:16]  # of the pallet
    states = [{k: v for k, v in chain.state.raw.items() if k.startswith(prefix)} for chain in (every, light)]
    assert states[0] == states[1]
    assert every.head.hash != light.head.hash  # the parents' names differ
    assert light.verify() is None
    for chain in (every, light):
        chain.close()


def test_they_are_there_with_their_extrinsics_but_their_state_is_not(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "chain.db")
    chain.produce_block()
    transfer = chain.sign(key("faucet"), "Balances", "transfer_keep_alive", {"dest": account("alice"), "value": 10**9})
    chain.submit(transfer)
    chain.produce_block(keep_state=False)
    assert chain.events(2)  # it is the head
    with pytest.raises(BadValue, match="whose state was kept"):
        chain.state_proof(chain.state.key("System", "Number"), 2)
    chain.produce_block(keep_state=False)
    assert chain.block(2).hash == chain.block_hash(2) == chain.block(3).header.parent_hash
    assert chain.number_of(chain.block(2).hash) == 2
    chain.produce_block()
    chain.close()
    again = Chain(tmp_path / "chain.db")
    assert again.head.number == 4
    assert transfer in again.block(2).extrinsics
    assert again.state.get("System", "Account", account("alice"))["data"]["free"] == 10**9
    for number in (2, 3):
        with pytest.raises(BadValue, match="whose state was kept"):
            again.at(number)
    assert again.at(1).get("System", "Number") == 1
    assert again.verify() is None
    again.close()


def test_a_file_that_is_closed_in_between_ends_at_the_last_kept_state(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "chain.db")
    chain.produce_block()
    kept = chain.head
    chain.produce_block(keep_state=False)
    chain.close()
    again = Chain(tmp_path / "chain.db")
    assert again.head == kept
    again.produce_block()
    assert again.verify() is None
    again.close()


def test_one_that_fails_leaves_the_state_of_the_one_before() -> None:
    chain = populated()
    chain.produce_block()
    chain.produce_block(keep_state=False)
    before, head = dict(chain.state.raw.items()), chain.head
    with chain.rules.using(shares=lambda subnets: None), pytest.raises(BlockFailed):
        chain.produce_block(keep_state=False)
    assert dict(chain.state.raw.items()) == before
    assert chain.head == head
    chain.produce_block()
    assert chain.verify() is None
    chain.close()


def test_the_journal_does_not_grow_from_light_block_to_light_block() -> None:
    chain = populated()
    chain.produce_block()
    for _ in range(5):
        chain.produce_block(keep_state=False)
        assert chain.state.raw.mark() == 0
    chain.produce_block()
    assert chain.verify() is None
    chain.close()


def test_a_network_keeps_every_360th_and_the_last() -> None:
    with Network() as net:
        net.run(blocks=365, history="epochs")
        assert net.at(360).get("System", "Number") == 360
        assert net.at(365).get("System", "Number") == 365
        with pytest.raises(BadValue, match="whose state was kept"):
            net.at(364)
        assert net.verify() is None
        for wrong in ({"blocks": 1, "history": "all"}, {"epochs": 1, "history": "epochs"}):
            with pytest.raises(BadValue, match="history is"):
                net.run(**wrong)


@pytest.mark.parametrize("kept_every", [1, 7, 40])
def test_names_of_blocks_are_read_from_the_blocks_themselves(
    kept_every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Runtime, "block_hashes_kept", 10)  # a property of the class
    file, seen = tmp_path / "chain.db", {}
    chain = Chain(file)
    prefix = chain.state.key("System", "BlockHash")
    for number in range(1, 41):
        is_kept = number % kept_every == 0 or number == 40
        chain.produce_block(keep_state=is_kept)
        if is_kept:
            seen[number] = {bytes(key): chain.state.raw_get(key) for key in chain.state.raw_keys(prefix)}
    assert len(seen[40]) == 10
    stored = chain.store.value_at(chain.state.key("System", "Number"), 40)
    chain.close()
    with sqlite3.connect(file) as db:
        assert not [key for (key,) in db.execute("SELECT key FROM keys") if key.startswith(prefix)]
    db.close()
    again = Chain(file)
    assert again.verify() is None
    for number, names in seen.items():
        past = again.at(number)
        assert {bytes(key): past.raw_get(key) for key in past.raw_keys(prefix)} == names
        keys = list(past.raw_keys(prefix))
        assert list(past.raw_keys(prefix, keys[0], 2)) == keys[1:3]
        state = dict(again.store.state_at(number))
        assert {key: value for key, value in state.items() if key.startswith(prefix)} == names
        assert past.raw_get(again.state.key("System", "BlockHash", number)) is None
        assert past.raw_get(prefix) is None
    assert again.store.value_at(again.state.key("System", "Number"), 40) == stored
    again.produce_block()
    assert again.verify() is None
    again.close()
