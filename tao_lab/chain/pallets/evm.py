"""EVM: only the call that returns TAO which somebody sent to an account's Ethereum address.

Each account owns one Ethereum address: the first 20 bytes of its key. The TAO of an Ethereum address are on the account
whose key is the address's hash. The lab's chain has no Ethereum, so it has no other call of this pallet. The weight
follows from the fee of spec 467, to within 2,000 picoseconds.

Sources: `frame/evm/src/lib.rs` of Frontier (`withdraw`, `EnsureAddressTruncated`, `HashedAddressMapping`);
`impl pallet_evm::Config` in `runtime/src/lib.rs`.
"""

from __future__ import annotations

from bittensor_core import ss58_decode, ss58_encode

from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Origin, Weight, call, ensure_signed
from tao_lab.chain.errors import DispatchError
from tao_lab.chain.merkle import blake2_256
from tao_lab.chain.pallets import balances
from tao_lab.chain.runtime import SS58_FORMAT

ADDRESS_BYTES = 20


def mirror_account(address: bytes) -> str:
    """The account with the TAO of an Ethereum address."""
    return str(ss58_encode(blake2_256(b"evm:" + address), SS58_FORMAT))


@call("EVM", weight=Weight(1_696_000))
def withdraw(ctx: Context, origin: Origin, address: str, value: int) -> None:
    """Take TAO that was sent to the caller's Ethereum address."""
    who, octets = ensure_signed(origin), bytes.fromhex(address.removeprefix("0x"))
    if bytes(ss58_decode(who))[:ADDRESS_BYTES] != octets:
        raise DispatchError("BadOrigin", "", f"{address} is not the address of {who}")
    account = mirror_account(octets)
    free = balances.free_balance(ctx, account)
    if value > free:
        raise DispatchError("Balances", "InsufficientBalance", f"{address} has {free} rao")
    balances.transfer(ctx, account, who, value, keep_alive=False)
