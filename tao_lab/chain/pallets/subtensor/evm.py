"""An Ethereum key for a hotkey: a signature of that key proves that both belong to the same person.

Source: `pallets/subtensor/src/utils/evm.rs`, `guards/check_evm_key_association.rs`.
"""

from __future__ import annotations

import bittensor_core
from Crypto.Hash import keccak

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, Origin, call, dispatch_guard, ensure_signed, weight
from tao_lab.chain.pallets.subtensor.lookups import MODULE, failed, hotkey_exists, uid_of
from tao_lab.units import BLOCKS_PER_DAY


@call(MODULE, weight=weight(684_242_000, reads=3, writes=1), pays_fee=False)
def associate_evm_key(
    ctx: Context, origin: Origin, netuid: int, evm_key: str, block_number: int, signature: str
) -> None:
    """Link an Ethereum address to the neuron of the hotkey that signs; the address has signed it too."""
    hotkey = ensure_signed(origin)
    if not hotkey_exists(ctx.state, hotkey):
        raise failed("NonAssociatedColdKey", f"no coldkey owns {hotkey}")
    uid = _uid_that_may_associate(ctx, netuid, hotkey)
    if signer_of(hotkey, block_number, signature) != evm_key:
        raise failed("InvalidRecoveredPublicKey", f"the signature is not that of {evm_key}")
    ctx.state.put(MODULE, "AssociatedEvmAddress", netuid, uid, (evm_key, ctx.block))
    event = {"netuid": netuid, "hotkey": hotkey, "evm_key": evm_key, "block_associated": ctx.block}
    ctx.deposit_event(MODULE, "EvmKeyAssociated", **event)


@dispatch_guard
def keep_early_associations_out(ctx: Context, who: str, made: Call) -> None:
    """Refuse a call that would fail: it pays no fee, so it must not fill blocks."""
    if made.pallet == MODULE and made.name == "associate_evm_key":
        _uid_that_may_associate(ctx, made.args["netuid"], who)


def _uid_that_may_associate(ctx: Context, netuid: int, hotkey: str) -> int:
    uid = uid_of(ctx.state, netuid, hotkey)
    if uid is None:
        raise failed("HotKeyNotRegisteredInSubNet", f"{hotkey} has no UID on subnet {netuid}")
    associated = ctx.state.get(MODULE, "AssociatedEvmAddress", netuid, uid)
    last = 0 if associated is None else associated[1]
    if ctx.block - last < BLOCKS_PER_DAY:
        sentence = f"once in {BLOCKS_PER_DAY} blocks, from block {last + BLOCKS_PER_DAY} on"
        raise failed("EvmKeyAssociateRateLimitExceeded", sentence)
    return uid


def signer_of(hotkey: str, block_number: int, signature: str) -> str:
    """Address that signed (EIP-191) a hotkey and a block number, as `0x…` in small letters.

    Raises:
        DispatchError: `InvalidIdentity`: the signature is not valid.
    """
    from eth_account import Account  # half a second to load, for the one call that needs it
    from eth_account.messages import encode_defunct
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    block_hash = keccak.new(data=block_number.to_bytes(8, "little"), digest_bits=256).digest()
    message = encode_defunct(bytes(bittensor_core.ss58_decode(hotkey)) + block_hash)
    try:
        return str(Account.recover_message(message, signature=signature)).lower()
    except (BadSignature, ValidationError, ValueError) as error:
        raise failed("InvalidIdentity", f"{signature} is not a signature: {error}") from error
