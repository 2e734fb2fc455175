"""Lab 02: its experiments run on real chains, and its functions agree with the chain's own."""

import pytest

from tao_lab.chain.merkle import list_root, verify_list_proof
from tao_lab.chain.runtime import load_runtime
from tao_lab.course import claim
from tao_lab.course.lab02 import claims, tampering
from tao_lab.course.lab02.exercises import refusal, storage_key
from tao_lab.course.lab02.hashing import blake2_128, twox_64, twox_128
from tao_lab.course.registry import exercises
from tao_lab.network import Network


@pytest.mark.parametrize(("pallet", "item"), [("System", "Account"), ("SubtensorModule", "Weights")])
def test_the_hash_of_names_is_that_of_the_runtime(pallet, item):
    assert twox_128(pallet.encode()) + twox_128(item.encode()) == load_runtime().item(pallet, item).prefix


def test_an_accounts_key_is_where_the_chain_keeps_it():
    key = bytes(range(32))
    place = storage_key("System", "Account", [("Blake2_128Concat", key)])
    assert place == twox_128(b"System") + twox_128(b"Account") + blake2_128(key) + key


def test_the_cases_of_storage_keys_have_every_hasher_and_each_does_what_its_name_says():
    used = [key for case in cases("02.2") for key in case.arguments["keys"]]
    assert {hasher for hasher, _ in used} == {"Blake2_128Concat", "Twox64Concat", "Identity"}
    block = bytes([5, 0, 0, 0])
    assert storage_key("System", "BlockHash", [("Twox64Concat", block)])[32:] == twox_64(block) + block


def test_a_parent_of_block_0_is_its_own_fault():
    (alone,) = [case for case in cases("02.4") if case.about == "block 0 alone, and it has a parent"]
    assert exercises()["02.4"].expected(alone) == {"number": 0}


def test_what_the_running_chain_refuses_is_what_the_reference_refuses():
    said = {case.about: (case.expected["refusal"], refusal(**case.arguments)) for case in cases("02.6")}
    assert all(chains == references for chains, references in said.values()), said
    assert {chains for chains, _ in said.values()} == {"", "BadProof", "Stale"}


def cases(exercise):
    return exercises()[exercise].make_cases()


def test_a_proof_leads_to_the_root_only_for_what_is_in_the_block():
    *inside, outside, elsewhere = cases("02.5")
    root = exercises()["02.5"].expected(inside[-1])["root"]
    assert verify_list_proof(root, *inside[-1].arguments.values())
    assert not verify_list_proof(root, *outside.arguments.values())
    assert not verify_list_proof(root, *elsewhere.arguments.values())


def test_every_step_of_a_forger_is_found_out_until_everything_is_written_anew():
    honest = tampering.honest_chain()
    last = len(honest) - 1
    found = [tampering.first_tampered(tampering.forge(honest, 3, stop)) for stop in range(3, last + 1)]
    assert found == [*range(3, last), None]
    assert tampering.first_tampered(honest) is None


def test_the_lab_and_the_chain_find_the_same_block_in_a_changed_file(tmp_path):
    with Network(tmp_path / "chain.db") as net:
        alice = net.wallet("alice", tao=10)
        for amount in (1, 2, 3):
            net.transfer(alice, net.wallet("bob"), net.tao(amount))
    tampering.change_file(tmp_path / "chain.db", 2)
    with Network(tmp_path / "chain.db") as net:
        blocks = [net.block(number) for number in range(net.block_number + 1)]
        assert tampering.first_tampered(blocks) == net.verify().number == 2
        assert list_root(blocks[2].extrinsics) != blocks[2].header.extrinsics_root


def test_no_place_of_the_chain_speaks_of_models_and_one_would_be_found(monkeypatch):
    assert claim(20).evidence.verdict == "false"
    assert claims.speaking_of_models(["Pallet.WeightsOfModels", "Remodelled", "set.query"]) == [
        "Pallet.WeightsOfModels",
        "set.query",
    ]
    monkeypatch.setattr(claims, "WANTED", {"weights"})
    assert claims.chain_records_models().verdict == "true"
