"""A miner's collateral: a deposit of alpha that stays locked until its hotkey has earned enough on the subnet.

A subnet's owner may ask that a part of a registration's price (`CollateralLockShare`) isn't burned but staked on the
new hotkey and locked. The lock opens as the hotkey earns: for each alpha of emission, `CollateralDrainRatio` alpha come
free. Nobody can withdraw it earlier, and it stays when the hotkey loses its seat. A miner may also set a floor: the
lock opens only down to it, and below it the hotkey's earnings are locked until the floor is reached.

Source: `pallets/subtensor/src/subnets/collateral.rs` (`get_collateral_requirement_tao`, `get_collateral_topup_tao`,
`collateral_purchase_limit_price`, `pay_registration`, `settle_miner_collateral`, `merge_miner_collateral_state`) as it
is public in coldint/subtensor at 4211af94.
"""

from __future__ import annotations

from typing import NamedTuple

from tao_lab.economy.fixed128 import U64F64
from tao_lab.units import RAO_PER_TAO, U16_MAX, U64_MAX

MAX_LOCK_SHARE = 62_258  # u16, about 95 %: a part of the price is always burned
MAX_DRAIN_RATIO = 10 << 64  # U64F64
PURCHASE_MARGIN = 105, 100  # a purchase may raise the price by 5 % at most


class Collateral(NamedTuple):
    """What a coldkey has locked on one of its hotkeys on a subnet (`MinerCollateralState`).

    Attributes:
        locked: rao of staked alpha that may not leave.
        drain_ratio: alpha that comes free for each alpha earned, raw U64F64 value; of the last registration.
        min_locked: the miner's own floor, rao of alpha.
        earned: rao of alpha that the hotkey has earned in all since the entry was made.
    """

    locked: int
    drain_ratio: int
    min_locked: int = 0
    earned: int = 0


class Settlement(NamedTuple):
    """A collateral after a payment: what is left of it (None: nothing), and rao of the payment that are locked now."""

    collateral: Collateral | None
    captured: int


def requirement(price: int, lock_share: int) -> int:
    """Part of a registration's price that has to be locked, rao of TAO.

    Args:
        price: of a seat, rao of TAO.
        lock_share: u16, 65,535 is all of it (`CollateralLockShare`).
    """
    share = U64F64.divide(U64F64.number(lock_share), U64F64.number(U16_MAX))
    return U64F64.whole(U64F64.multiply(U64F64.number(price), share))


def top_up(required: int, locked: int, moving_price: int) -> int:
    """What is still missing if some collateral is locked already, rao of TAO.

    The locked alpha counts by the moving price: nobody can push that up for one block.

    Args:
        required: rao of TAO.
        locked: rao of alpha.
        moving_price: raw U64F64 value.
    """
    return max(required - U64F64.whole(U64F64.multiply(U64F64.number(locked), moving_price)), 0)


def purchase_limit(price: int) -> int:
    """Highest price at which collateral may be bought, rao of TAO for one whole alpha: 5 % above the present one.

    Args:
        price: raw U64F64 value.
    """
    times, parts = PURCHASE_MARGIN
    limit = U64F64.divide(U64F64.multiply(price, U64F64.number(times)), U64F64.number(parts))
    return U64F64.whole(U64F64.multiply(limit, U64F64.number(RAO_PER_TAO)))


def locked_part(alpha: int, burned: int, locked: int) -> int:
    """How much of the alpha that one payment bought is locked; the rest is burned.

    Args:
        alpha: rao.
        burned: rao of TAO of the payment that are for burning.
        locked: rao of TAO that are for the collateral.
    """
    return alpha * locked // max(burned + locked, 1)


def settle(collateral: Collateral, emission: int, capturable: int) -> Settlement:
    """What a payment to the hotkey does to a collateral.

    Args:
        collateral: before.
        emission: rao of alpha that the hotkey earned; each counts for opening the lock.
        capturable: rao of them that are the owner's own: only these may be locked where the floor isn't reached.
    """
    if emission == 0:
        return Settlement(collateral, 0)
    collateral = collateral._replace(earned=min(collateral.earned + emission, U64_MAX))
    locked, floor = collateral.locked, collateral.min_locked
    if locked < floor:
        captured = min(capturable, floor - locked)
        return Settlement(collateral._replace(locked=locked + captured), captured)
    released = U64F64.whole(U64F64.multiply(U64F64.number(emission), collateral.drain_ratio))
    locked -= min(locked - floor, released)
    return Settlement(collateral._replace(locked=locked) if locked or floor else None, 0)


def merge(there: Collateral, coming: Collateral) -> Collateral:
    """Two collaterals on one hotkey after a swap of keys: sums, and the slower of the two ratios."""
    return Collateral(
        locked=min(there.locked + coming.locked, U64_MAX),
        drain_ratio=min(there.drain_ratio, coming.drain_ratio),
        min_locked=min(there.min_locked + coming.min_locked, U64_MAX),
        earned=min(there.earned + coming.earned, U64_MAX),
    )
