"""Registration by work, held against the SDK's own miner (`bittensor.pow_registration`, for spec 475)."""

import bittensor_core
import pytest
from bittensor import pow_registration as sdk
from bittensor_core import ss58_decode, ss58_encode
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.economy.work import effective_difficulty, meets_difficulty, registration_seal

U64 = st.integers(0, 2**64 - 1)
KEY = st.binary(min_size=32, max_size=32)


@given(st.integers(1, 65_535), KEY, KEY, KEY, U64)
def test_the_seal_is_the_sdk_s(netuid: int, block_hash: bytes, hotkey: bytes, coldkey: bytes, nonce: int) -> None:
    addresses = (ss58_encode(hotkey, 42), ss58_encode(coldkey, 42))
    assert [bytes(ss58_decode(address)) for address in addresses] == [hotkey, coldkey]
    prefix = sdk.registration_prefix(netuid, block_hash.hex(), *addresses)
    assert registration_seal(netuid, block_hash, hotkey, coldkey, nonce) == sdk.registration_seal(prefix, nonce)


@given(U64, U64, U64)
def test_the_bounds_of_the_difficulty_are_the_sdk_s(difficulty: int, lowest: int, highest: int) -> None:
    assert effective_difficulty(difficulty, lowest, highest) == sdk.effective_difficulty(difficulty, lowest, highest)


@pytest.mark.parametrize("difficulty", [1, 2, 100, 5_000])
def test_what_the_sdk_s_miner_finds_is_enough(difficulty: int) -> None:
    prefix = sdk.registration_prefix(1, "11" * 32, *(ss58_encode(bytes([n]) * 32, 42) for n in (2, 3)))
    nonce, work = bittensor_core.pow_mine_cpu(prefix, difficulty, 0, 1_000_000)
    seal = registration_seal(1, b"\x11" * 32, b"\x02" * 32, b"\x03" * 32, nonce)
    assert seal == bytes(work)
    assert meets_difficulty(seal, difficulty)


@given(KEY, st.integers(1, 2**64 - 1))
def test_a_seal_is_small_enough_where_the_product_stays_below_2_to_256(seal: bytes, difficulty: int) -> None:
    assert meets_difficulty(seal, difficulty) == (int.from_bytes(seal, "little") * difficulty < 2**256)
    assert meets_difficulty(seal, 1)
    assert not meets_difficulty(b"\xff" * 32, max(difficulty, 2))
