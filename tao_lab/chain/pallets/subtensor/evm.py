"""An Ethereum key for a hotkey: a signature of that key proves that both belong to the same person.

`AssociatedUidsByEvmAddress` tells the UIDs of an address, since spec 426.

Source: `pallets/subtensor/src/utils/evm.rs`, `guards/check_evm_key_association.rs`.
"""

from __future__ import annotations

from collections.abc import Mapping

import bittensor_core
from Crypto.Hash import keccak

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, Origin, call, dispatch_guard, ensure_signed, weight
from tao_lab.chain.pallets.subtensor.lookups import MODULE, failed, hotkey_exists, uid_of
from tao_lab.chain.state import Storage
from tao_lab.units import BLOCKS_PER_DAY

BY_ADDRESS = "AssociatedUidsByEvmAddress"
MOST_UIDS = 32  # of one address on a subnet (`MAX_ASSOCIATED_UIDS_PER_EVM_ADDRESS`)


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
    _associate(ctx, netuid, uid, evm_key)
    event = {"netuid": netuid, "hotkey": hotkey, "evm_key": evm_key, "block_associated": ctx.block}
    ctx.deposit_event(MODULE, "EvmKeyAssociated", **event)


def _associate(ctx: Context, netuid: int, uid: int, evm_key: str) -> None:
    """Store the address of a UID, and the UID among those of the address.

    Raises:
        DispatchError: `EvmKeyAssociationLimitExceeded`.
    """
    state, entry = ctx.state, (uid, ctx.block)
    uids = [tuple(pair) for pair in state.get(MODULE, BY_ADDRESS, netuid, evm_key)]
    known = [other for other, _ in uids]
    if uid not in known and len(uids) >= MOST_UIDS:
        raise failed("EvmKeyAssociationLimitExceeded", f"{evm_key} has {len(uids)} UIDs on subnet {netuid} already")
    before = state.get(MODULE, "AssociatedEvmAddress", netuid, uid)
    if before is not None and before[0] != evm_key:
        _forget_uid(state, netuid, uid, before[0])
    if uid in known:
        uids[known.index(uid)] = entry
    else:
        uids.append(entry)
    state.put(MODULE, BY_ADDRESS, netuid, evm_key, uids)
    state.put(MODULE, "AssociatedEvmAddress", netuid, uid, (evm_key, ctx.block))


def forget_address(state: Storage, netuid: int, uid: int) -> None:
    """Remove the address of a UID (`remove_associated_evm_address`)."""
    associated = state.get(MODULE, "AssociatedEvmAddress", netuid, uid)
    if associated is not None:
        state.remove(MODULE, "AssociatedEvmAddress", netuid, uid)
        _forget_uid(state, netuid, uid, associated[0])


def _forget_uid(state: Storage, netuid: int, uid: int, evm_key: str) -> None:
    left = [pair for pair in state.get(MODULE, BY_ADDRESS, netuid, evm_key) if pair[0] != uid]
    if left:
        state.put(MODULE, BY_ADDRESS, netuid, evm_key, left)
    else:
        state.remove(MODULE, BY_ADDRESS, netuid, evm_key)


def renumber_uids(state: Storage, netuid: int, new_uid: Mapping[int, int]) -> None:
    """Write new UIDs into the lists of addresses (`remap_associated_evm_address_index`)."""
    for evm_key, uids in state.entries(MODULE, BY_ADDRESS, netuid):
        state.put(MODULE, BY_ADDRESS, netuid, evm_key, [(new_uid.get(uid, uid), block) for uid, block in uids])


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
