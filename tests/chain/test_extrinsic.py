from functools import cache

import pytest
from bittensor_core import CRYPTO_ED25519, Keypair
from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import ChainError, InvalidTransaction, MalformedExtrinsic, NotInLab
from tao_lab.chain.extrinsic import Era, compact
from tao_lab.chain.genesis import Genesis
from tests.chain.conftest import TAO, account, free, key, run


@cache
def chain_of_alice() -> Chain:
    return Chain(None, Genesis(balances={account("alice"): 100 * TAO}))


@cache
def transfer() -> bytes:
    call = {"dest": account("bob"), "value": TAO}
    return chain_of_alice().sign(key("alice"), "Balances", "transfer_keep_alive", call, period=64)


def refused(chain: Chain, data: bytes) -> InvalidTransaction:
    """The error of an extrinsic that must not get into the pool."""
    root = chain.head.header.state_root
    with pytest.raises(InvalidTransaction) as caught:
        chain.submit(data)
    assert chain.pool == ()
    assert chain.head.header.state_root == root
    return caught.value


@pytest.mark.slow
@given(st.deferred(lambda: st.integers(0, len(transfer()) - 1)))
def test_a_truncated_extrinsic_is_malformed(size: int) -> None:
    with pytest.raises(MalformedExtrinsic):
        chain_of_alice().submit(transfer()[:size])


@given(st.deferred(lambda: st.integers(0, len(transfer()) * 8 - 1)))
@settings(max_examples=200)
def test_no_bit_can_be_flipped(bit: int) -> None:
    flipped = bytearray(transfer())
    flipped[bit // 8] ^= 1 << bit % 8
    chain = chain_of_alice()
    before = chain.state.raw.mark()
    with pytest.raises(ChainError):
        chain.submit(bytes(flipped))
    assert chain.pool == ()
    assert chain.state.raw.mark() == before


@given(st.binary(max_size=200))
def test_random_bytes_are_no_extrinsic(data: bytes) -> None:
    with pytest.raises(ChainError):
        chain_of_alice().submit(data)


def test_an_extrinsic_longer_than_a_block_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(MalformedExtrinsic, match="at most 7864320 bytes"):
        chain_of_alice().submit(bytes(8_000_000))


def test_bytes_behind_the_call_are_malformed() -> None:
    chain = chain_of_alice()
    body = chain.sign(key("alice"), "System", "remark", {"remark": "x"})[2:] + b"\x00"
    with pytest.raises(MalformedExtrinsic, match="call"):
        chain.submit(compact(len(body)) + body)


@given(st.integers(0, (1 << 64) - 1))
def test_compact_integers_are_those_of_scale(number: int) -> None:
    assert compact(number) == bytes(chain_of_alice().runtime.core.encode("Compact", number))


@pytest.mark.parametrize("kind", ["sr25519", "ed25519"])
def test_both_kinds_of_keys_sign(chain: Chain, kind: str) -> None:
    seed = bytes([7] * 32)
    signer = Keypair.from_seed(seed, CRYPTO_ED25519) if kind == "ed25519" else Keypair.from_seed(seed)
    run(chain, "alice", "Balances", "transfer_keep_alive", dest=signer.ss58_address, value=TAO)
    chain.submit(chain.sign(signer, "System", "remark_with_event", {"remark": "hello"}))
    chain.produce_block()
    assert "Remarked" in [event["event_id"] for event in chain.events(chain.head.number)]


def test_a_long_call_is_signed_by_its_hash(chain: Chain) -> None:
    events = dict(run(chain, "alice", "System", "remark_with_event", remark="long " * 100))
    assert events["System.Remarked"]["sender"] == account("alice")


def test_a_replayed_extrinsic_is_refused(chain: Chain) -> None:
    data = chain.sign(key("alice"), "Balances", "transfer_keep_alive", {"dest": account("bob"), "value": TAO})
    chain.submit(data)
    chain.produce_block()
    before = free(chain, "bob")
    assert refused(chain, data).name == "Stale"
    chain.produce_block()
    assert free(chain, "bob") == before


def test_an_extrinsic_waits_only_once(chain: Chain) -> None:
    data = chain.sign(key("alice"), "System", "remark", {"remark": "x"})
    chain.submit(data)
    with pytest.raises(InvalidTransaction, match="AlreadyImported"):
        chain.submit(data)


def test_nonces_are_used_in_order_whatever_the_order_of_arrival(chain: Chain) -> None:
    extrinsics = [chain.sign(key("alice"), "System", "remark", {"remark": str(n)}, nonce=n) for n in range(3)]
    for data in (extrinsics[2], extrinsics[0]):
        chain.submit(data)
    first = chain.produce_block()
    assert first.extrinsics[1:] == (extrinsics[0],)
    assert [x.data for x in chain.pool] == [extrinsics[2]]
    chain.submit(extrinsics[1])
    assert chain.produce_block().extrinsics[1:] == (extrinsics[1], extrinsics[2])
    assert chain.next_nonce(account("alice")) == 3


def test_of_two_extrinsics_with_one_nonce_the_second_is_refused(chain: Chain) -> None:
    for text in ("one", "two"):
        chain.submit(chain.sign(key("alice"), "System", "remark", {"remark": text}, nonce=0))
    assert len(chain.produce_block().extrinsics) == 2
    assert [refusal.error.name for refusal in chain.refused] == ["Stale"]  # type: ignore[attr-defined]


def test_a_mortal_signature_holds_for_its_period_and_then_no_longer(chain: Chain) -> None:
    data = [chain.sign(key("alice"), "System", "remark", {"remark": str(n)}, period=4, nonce=n) for n in range(2)]
    for _ in range(2):
        chain.produce_block()
    chain.submit(data[0])
    assert chain.produce_block().number == 4  # signed at block 1, good for the blocks 1 to 4
    error = refused(chain, data[1])
    assert error.name == "BadProof"
    assert "era ended before block 5" in error.sentence


def test_a_waiting_extrinsic_expires(chain: Chain) -> None:
    chain.submit(chain.sign(key("alice"), "System", "remark", {"remark": "x"}, period=4, nonce=1))
    for _ in range(5):
        chain.produce_block()
    chain.submit(chain.sign(key("alice"), "System", "remark", {"remark": "y"}, nonce=0))
    assert len(chain.produce_block().extrinsics) == 2
    assert [refusal.error.name for refusal in chain.refused] == ["BadProof"]  # type: ignore[attr-defined]


@given(st.sampled_from([4, 64, 65536]), st.integers(0, 200_000))
def test_an_era_begins_at_or_before_the_block_and_lasts_its_period(period: int, current: int) -> None:
    era = Era(period, current % period)
    assert era.birth(current) == current
    assert era.birth(current + period - 1) == current
    assert era.birth(current + period) == current + period


def test_a_signature_for_another_chain_is_refused(chain: Chain) -> None:
    other = Chain(None, Genesis(balances={account("alice"): 5 * TAO}))
    assert refused(chain, other.sign(key("alice"), "System", "remark", {"remark": "x"})).name == "BadProof"


def test_a_signature_of_another_key_is_refused(chain: Chain) -> None:
    forged = bytearray(chain.sign(key("bob"), "System", "remark", {"remark": "x"}))
    at = forged.index(key("bob").public_key)
    forged[at : at + 32] = key("alice").public_key
    assert refused(chain, bytes(forged)).name == "BadProof"


def test_a_signer_without_an_account_cannot_pay(chain: Chain) -> None:
    assert refused(chain, chain.sign(key("nobody"), "System", "remark", {"remark": "x"})).name == "Payment"


def test_a_signer_who_cannot_pay_the_fee_is_refused(chain: Chain) -> None:
    run(chain, "alice", "Balances", "transfer_keep_alive", dest=account("carol"), value=1_000)
    error = refused(chain, chain.sign(key("carol"), "System", "remark", {"remark": "x"}))
    assert error.name == "Payment"
    assert "500 rao to spend" in error.sentence


def test_a_tip_is_paid_on_top_of_the_fee(chain: Chain) -> None:
    chain.submit(chain.sign(key("alice"), "System", "remark", {"remark": "x"}, tip=777))
    chain.produce_block()
    paid = next(event for event in chain.events(2) if event["event_id"] == "TransactionFeePaid")["attributes"]
    length = len(chain.block(2).extrinsics[1])
    # 0.00025 rao a picosecond: 108,157,000; the guard 60,000,000, remark of a byte 1,596,920
    frame, weight = 27_039, 15_399
    assert paid == {"who": account("alice"), "actual_fee": frame + weight + length // 2 + 777, "tip": 777}


@pytest.mark.parametrize(
    ("pallet", "name", "args"),
    [("SafeMode", "enter", {}), ("Grandpa", "note_stalled", {"delay": 1, "best_finalized_block_number": 1})],
)
def test_a_call_outside_the_lab_is_refused_by_name(chain: Chain, pallet: str, name: str, args: dict[str, int]) -> None:
    with pytest.raises(NotInLab, match=rf"{pallet}\.{name} is not in the lab's chain"):
        chain.submit(chain.sign(key("alice"), pallet, name, args))
    inner = chain.compose(pallet, name, args)
    with pytest.raises(NotInLab):
        chain.submit(chain.sign(key("alice"), "Utility", "batch", {"calls": [inner]}))


def test_what_does_not_fit_a_block_waits_for_the_next(chain: Chain) -> None:
    for nonce in range(3):
        data = chain.sign(key("alice"), "System", "remark", {"remark": "x" * 3_000_000}, nonce=nonce)
        chain.submit(data)
    assert len(chain.produce_block().extrinsics) == 3
    assert len(chain.pool) == 1
    assert len(chain.produce_block().extrinsics) == 2


def test_a_call_heavier_than_a_block_is_refused(chain: Chain) -> None:
    inner = chain.compose("System", "remark", {"remark": ""})
    heavy = {"call": inner, "weight": {"ref_time": 3 * 10**12, "proof_size": 0}}
    run(chain, "alice", "Balances", "transfer_keep_alive", dest=account("sudo"), value=TAO)
    data = chain.sign(key("sudo"), "Sudo", "sudo_unchecked_weight", heavy)
    assert refused(chain, data).name == "ExhaustsResources"


def test_a_signed_inherent_is_refused(chain: Chain) -> None:
    data = chain.sign(key("alice"), "Timestamp", "set", {"now": 5})
    assert refused(chain, data).name == "MandatoryValidation"
    events = dict(run(chain, "alice", "Utility", "batch", calls=[chain.compose("Timestamp", "set", {"now": 5})]))
    assert events["Utility.BatchInterrupted"] == {"index": 0, "error": "BadOrigin"}


def test_a_full_pool_takes_nothing_more(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tao_lab.chain.chain.MOST_WAITING", 2)
    for nonce in range(2):
        chain.submit(chain.sign(key("alice"), "System", "remark", {"remark": "x"}, nonce=nonce))
    with pytest.raises(InvalidTransaction, match="ImmediatelyDropped"):
        chain.submit(chain.sign(key("alice"), "System", "remark", {"remark": "x"}, nonce=2))


def test_a_clients_own_inherent_is_refused(chain: Chain) -> None:
    clock = chain.block(1).extrinsics[0]
    assert refused(chain, clock).name == "Call"


def test_the_metadata_mode_is_refused_by_name(chain: Chain) -> None:
    data = chain.sign(key("alice"), "System", "remark", {"remark": "x"})
    extrinsic = chain.decode(data)
    position = data.index(extrinsic.call_data, 100) - 1
    assert refused(chain, data[:position] + b"\x01" + data[position + 1 :]).name == "Call"
