"""An oracle of the pool that shares no code with the lab: whole numbers, and powers as decimals of 300 digits.

The power of a ratio is cut to 18 digits; where its 19th to 40th digits are all 0 or all 9, and it is not a whole root,
the oracle refuses, because there only the chain's own way of computing decides.

Source: `pallets/swap/src/pallet/{balancer,swap_step,impls}.rs`.
"""

from decimal import Decimal, localcontext
from math import gcd
from typing import Any

E18, ONE, U64 = 10**18, 1 << 64, (1 << 64) - 1


def power(a: int, b: int, p: int, q: int) -> int:
    """floor(10^18 * (a / b)^(p / q)), and refuse where the floor hangs on the last digits."""
    with localcontext() as context:
        context.prec = 300
        exact = (Decimal(a) / Decimal(b)) ** (Decimal(p) / Decimal(q)) * E18
        whole = int(exact)
        rest = exact - whole
    if Decimal("1e-22") < rest < 1 - Decimal("1e-22"):
        return whole
    root, p, q = round(exact), p // gcd(p, q), q // gcd(p, q)
    if q <= 1_024 and root**q * b**p == a**p * E18**q:
        return root
    raise ValueError(f"({a}/{b})^({p}/{q}) is too near to 18 digits")


def price(tao: int, alpha: int, quote: int) -> int:
    """(w_base / w_quote) * (tao / alpha), each quotient cut to 64 bits."""
    return (((E18 - quote) << 64) // quote) * ((tao << 64) // alpha) >> 64


def payout(side: str, tao: int, alpha: int, quote: int, paid: int) -> int:
    """What leaves the pool: reserve * (1 - power), power cut to 18 digits and then to 64 bits."""
    base = E18 - quote
    into, out, p, q = (tao, alpha, quote, base) if side == "buy" else (alpha, tao, base, quote)
    left = E18 if paid == 0 else power(into, min(into + paid, U64), p, q)
    return out * (ONE - (left << 64) // E18) >> 64


def swap(data: dict[str, Any]) -> dict[str, int]:
    """One swap of the form of a vector's `input`, with a limit price."""
    side, tao, alpha, quote = data["side"], data["tao"], data["alpha"], data["quote_weight"]
    rate, limit, buying = data["fee_rate"], data["limit_price"], data["side"] == "buy"
    fee = data["amount"] * ((rate << 64) // 65_535) >> 64
    paid = data["amount"] - fee
    received = payout(side, tao, alpha, quote, paid)
    after = (tao + paid, alpha - received) if buying else (tao - received, alpha + paid)
    target = price(*after, quote)
    if target > limit if buying else target < limit:
        now = price(tao, alpha, quote)
        ratio, weight, reserve = ((limit, now), E18 - quote, tao) if buying else ((now, limit), quote, alpha)
        paid = min(reserve * (((power(*ratio, weight, E18) << 64) // E18) - ONE) >> 64, U64)
        fee = paid * ((rate << 64) // (65_535 - rate)) >> 64
        received = payout(side, tao, alpha, quote, paid)
    return {"fee": fee, "paid": paid, "received": received}
