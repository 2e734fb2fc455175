"""Who has stake on root, found at once: the stakes that a block looks at are put on the list together."""

from __future__ import annotations

from tao_lab.chain.context import Context
from tao_lab.chain.extrinsic import compact
from tao_lab.chain.pallets.subtensor import root_claims
from tao_lab.chain.pallets.subtensor.lookups import MODULE, NETUID_BYTES, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.root_claims import ACCOUNT_BYTES, STAKES_LOOKED_AT
from tao_lab.chain.state import Storage
from tao_lab.chain.vectorized.remembered import remember, unless_at_rest

STAKES_AND_LIST = [(MODULE, item) for item in ("AlphaV2", "StakingColdkeys")]
STAKE_ITEMS = [*STAKES_AND_LIST, (MODULE, "AlphaV2MapLastKey")]
INDEX_BYTES = 8
COMPACT_BYTES = (1, 2, 4)  # of a compact number below 2^30, by the two lowest bits
NOTHING, SOME = b"\x00", b"\x01"  # an `Option` in SCALE
MISSING = b""
ON_ROOT = ROOT_NETUID.to_bytes(NETUID_BYTES, "little")


@root_claims.find_root_stakers.twin
def find_root_stakers(ctx: Context) -> None:
    """Where all stakes are looked at in one block, once is enough."""
    unless_at_rest(ctx, "root stakers", [], STAKE_ITEMS, lambda: _find_root_stakers(ctx))


def _find_root_stakers(ctx: Context) -> None:
    state, raw = ctx.state, ctx.state.raw
    after = _last_key(raw.get(state.key(MODULE, "AlphaV2MapLastKey")))
    keys = raw.keys(state.key(MODULE, "AlphaV2"), after, STAKES_LOOKED_AT)
    if after is None and not keys:
        return
    # a key ends with the coldkey and the netuid themselves; that of the list with the coldkey
    coldkeys = [key[-NETUID_BYTES - ACCOUNT_BYTES : -NETUID_BYTES] for key in keys if key.endswith(ON_ROOT)]
    listed = state.key(MODULE, "StakingColdkeys")
    places = raw.get_many([listed + coldkey for coldkey in coldkeys])
    _put_on_list(ctx, [each for each, place in zip(coldkeys, places, strict=True) if place is None])
    raw.put(state.key(MODULE, "AlphaV2MapLastKey"), _reached(keys[-1]) if len(keys) == STAKES_LOOKED_AT else NOTHING)


def _reached(key: bytes) -> bytes:
    """The value of `AlphaV2MapLastKey` where the next block goes on behind a key."""
    return SOME + compact(len(key)) + key


def next_place(state: Storage, last: bytes) -> bytes | None:
    """The value of `AlphaV2MapLastKey` after the next block; None if the search has more to do than to move on.

    Args:
        state: The state.
        last: The present value; an empty one stands for none.
    """
    places: dict[bytes, bytes | None] = remember(state, "round of root stakers", [], STAKES_AND_LIST, dict)
    if last not in places:
        places[last] = _next_place(state, last)
    return places[last]


def _next_place(state: Storage, last: bytes) -> bytes | None:
    raw, after = state.raw, _last_key(last)
    keys = raw.keys(state.key(MODULE, "AlphaV2"), after, STAKES_LOOKED_AT)
    if after is None and not keys:
        return last
    listed = state.key(MODULE, "StakingColdkeys")
    coldkeys = {key[-NETUID_BYTES - ACCOUNT_BYTES : -NETUID_BYTES] for key in keys if key.endswith(ON_ROOT)}
    if last == MISSING or None in raw.get_many([listed + coldkey for coldkey in coldkeys]):
        return None
    return _reached(keys[-1]) if len(keys) == STAKES_LOOKED_AT else NOTHING


def _last_key(stored: bytes | None) -> bytes | None:
    """The key in an `Option<Vec<u8>>`: the bytes are whole, and the length before them is a compact number."""
    if not stored or stored[:1] == NOTHING:
        return None
    length = len(SOME) + COMPACT_BYTES[stored[1] & 3]
    return stored[length:]


def _put_on_list(ctx: Context, found: list[bytes]) -> None:
    """`add_root_staker` for each coldkey that is not on the list yet; one may be found twice."""
    if not found:
        return
    state, coldkeys = ctx.state, list(dict.fromkeys(found))
    first = state.get(MODULE, "NumStakingColdkeys")
    numbers = [number.to_bytes(INDEX_BYTES, "little") for number in range(first, first + len(coldkeys))]
    listed, by_index = state.key(MODULE, "StakingColdkeys"), state.key(MODULE, "StakingColdkeysByIndex")
    state.raw.put_many([by_index + number for number in numbers], coldkeys)  # neither key is hashed
    state.raw.put_many([listed + coldkey for coldkey in coldkeys], numbers)
    state.put(MODULE, "NumStakingColdkeys", first + len(coldkeys))
