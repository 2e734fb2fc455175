"""Shielded extrinsics; cases of the public chain's `pallets/shield/src/{tests,extension}.rs`."""

import bittensor_core
import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import InvalidTransaction, NotInLab
from tests.chain.conftest import TAO, account, free, key

HEAD = bytes(16) + (4).to_bytes(2, "little") + bytes(4)  # hash of a key, a secret of four bytes


def next_key(chain: Chain) -> bytes:
    return bytes.fromhex(chain.state.get("MevShield", "NextKey")[2:])


def carrier(chain: Chain, inner: bytes, who: str = "alice", public_key: bytes | None = None) -> bytes:
    """A signed extrinsic that carries another one encrypted."""
    sealed = bittensor_core.encrypt_mlkem768(public_key or next_key(chain), inner, include_key_hash=True)
    return shielded(chain, bytes(sealed), who)


def shielded(chain: Chain, ciphertext: bytes, who: str = "alice", period: int | None = 8) -> bytes:
    args = {"ciphertext": "0x" + ciphertext.hex()}
    return chain.sign(key(who), "MevShield", "submit_encrypted", args, period=period)


def transfer(chain: Chain, nonce: int, value: int = TAO, who: str = "alice") -> bytes:
    args = {"dest": account("bob"), "value": value}
    return chain.sign(key(who), "Balances", "transfer_keep_alive", args, nonce=nonce)


def test_what_is_carried_runs_right_behind_its_carrier(chain: Chain) -> None:
    nonce = chain.next_nonce(account("alice"))
    inner = transfer(chain, nonce + 1)
    chain.submit(carrier(chain, inner))
    chain.submit(chain.sign(key("bob"), "System", "remark", {"remark": "later"}))
    block = chain.produce_block()
    assert block.extrinsic_hashes[2] == chain.decode(inner).hash
    assert len(block.extrinsic_hashes) == 4
    names = [event["event_id"] for event in chain.events(block.number) if event["extrinsic_idx"] == 1]
    assert "EncryptedSubmitted" in names
    assert free(chain, "bob") > 100 * TAO
    assert chain.state.get("System", "Account", account("alice"))["nonce"] == nonce + 2
    assert chain.pool == ()
    assert chain.verify() is None


def test_a_carried_call_that_fails_is_in_the_block_with_its_error(chain: Chain) -> None:
    chain.submit(carrier(chain, transfer(chain, 1, 10_000 * TAO)))
    block = chain.produce_block()
    names = [event["event_id"] for event in chain.events(block.number) if event["extrinsic_idx"] == 2]
    assert "ExtrinsicFailed" in names
    assert free(chain, "bob") == 100 * TAO


@pytest.mark.parametrize("inner", [b"", b"\x00" * 40, b"no extrinsic"], ids=["nothing", "zeros", "text"])
def test_a_carrier_of_something_else_has_paid_and_nothing_follows(chain: Chain, inner: bytes) -> None:
    before = free(chain, "alice")
    chain.submit(carrier(chain, inner))
    assert len(chain.produce_block().extrinsic_hashes) == 2
    assert free(chain, "alice") < before


def test_a_carrier_of_what_no_block_may_contain_is_kept_out(chain: Chain) -> None:
    good = transfer(chain, 1)
    with pytest.raises(InvalidTransaction, match="BadProof"):
        chain.submit(carrier(chain, good[:-1] + bytes([good[-1] ^ 1])))
    must = chain.sign(key("bob"), "System", "remark", {"remark": "x"})
    chain.submit(must)
    chain.produce_block()
    with pytest.raises(InvalidTransaction, match="Stale"):
        chain.submit(carrier(chain, transfer(chain, 0, who="bob")))
    with pytest.raises(NotInLab):
        chain.submit(
            carrier(chain, chain.sign(key("alice"), "MevShield", "store_encrypted", {"encrypted_call": "0x"}, nonce=1))
        )
    assert chain.pool == ()


def test_what_became_hopeless_while_it_waited_does_not_follow_its_carrier(chain: Chain) -> None:
    chain.submit(carrier(chain, transfer(chain, 1)))
    chain.submit(chain.sign(key("alice"), "System", "remark", {"remark": "x"}, nonce=1, tip=5))
    chain.submit(carrier(chain, transfer(chain, 1, who="bob"), who="bob"))
    assert len(chain.produce_block().extrinsic_hashes) == 5


def test_a_ciphertext_for_another_key_stays_closed(chain: Chain) -> None:
    sealed = bytes(bittensor_core.encrypt_mlkem768(next_key(chain), transfer(chain, 1), include_key_hash=True))
    broken = sealed[:-1] + bytes([sealed[-1] ^ 1])
    chain.submit(shielded(chain, broken))
    assert len(chain.produce_block().extrinsic_hashes) == 2


@pytest.mark.parametrize("size", [0, 17, 22 + 24 + 15])
def test_what_is_too_short_is_kept_out(chain: Chain, size: int) -> None:
    ciphertext = (HEAD + bytes(99))[:size]
    with pytest.raises(InvalidTransaction) as caught:
        chain.submit(shielded(chain, ciphertext))
    assert caught.value.custom == 23


@pytest.mark.parametrize("period", [None, 16, 64])
def test_a_carrier_that_is_good_for_long_is_kept_out(chain: Chain, period: int | None) -> None:
    # `runtime/src/check_mortality.rs`: `shield_tx_with_immortal_era_rejected`, `shield_tx_with_era_too_long_rejected`
    with pytest.raises(InvalidTransaction, match="Stale"):
        chain.submit(shielded(chain, HEAD + bytes(99), period=period))
    assert chain.pool == ()


@pytest.mark.parametrize("period", [4, 8])
def test_a_carrier_of_a_few_blocks_is_let_in(chain: Chain, period: int) -> None:
    # `shield_tx_with_max_allowed_era_accepted`, `shield_tx_with_short_era_accepted`
    chain.submit(shielded(chain, HEAD + bytes(99), period=period))
    assert len(chain.pool) == 1


def test_two_chains_publish_the_same_key(chain: Chain) -> None:
    other = Chain()
    assert next_key(other) == next_key(chain)
    assert other.genesis_hash == chain.block_hash(0)
    other.close()
