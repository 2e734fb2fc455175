"""The coinbase once more, as an oracle: operation by operation after the chain's own source, with no code of the lab.

`Fixed` has the semantics of substrate-fixed; names are those of run_coinbase.rs and subnet_emissions.rs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

U64 = 2**64 - 1
U128 = 2**128 - 1


@dataclass(frozen=True)
class Fixed:
    """An unsigned fixed-point number of 128 bits."""

    word: int
    fraction: int

    @classmethod
    def of(cls, number: int, fraction: int) -> Fixed:
        return cls(min(number * 2**fraction, U128), fraction)

    def __mul__(self, other: Fixed) -> Fixed:
        assert self.fraction == other.fraction
        return Fixed(min(self.word * other.word // 2**self.fraction, U128), self.fraction)

    def __truediv__(self, other: Fixed) -> Fixed:
        assert self.fraction == other.fraction
        if other.word == 0:
            return Fixed(0, self.fraction)
        quotient = self.word * 2**self.fraction // other.word
        return Fixed(quotient if quotient <= U128 else 0, self.fraction)

    def __add__(self, other: Fixed) -> Fixed:
        return Fixed(min(self.word + other.word, U128), self.fraction)

    def __sub__(self, other: Fixed) -> Fixed:
        return Fixed(max(self.word - other.word, 0), self.fraction)

    def cast(self, fraction: int) -> Fixed:
        if fraction < self.fraction:
            return Fixed(self.word // 2 ** (self.fraction - fraction), fraction)
        return Fixed(min(self.word * 2 ** (fraction - self.fraction), U128), fraction)

    def u64(self) -> int:
        return min(self.word // 2**self.fraction, U64)


def amount(number: int) -> Fixed:
    """U96F32 of a whole number."""
    return Fixed.of(number, 32)


def subnet_shares(data: dict[str, Any]) -> dict[str, Any]:
    one, zero = Fixed.of(1, 64), Fixed.of(0, 64)
    prices = [Fixed(max(subnet["moving_price"], 0), 32).cast(64) for subnet in data["subnets"]]
    total = zero
    for price in prices:
        total += price
    price_shares = [price / total for price in prices]
    weighted = []
    for share, subnet in zip(price_shares, data["subnets"], strict=True):
        burned = Fixed(subnet["miner_burned"], 32).cast(64)
        burned = one if burned.word > one.word else burned
        weighted.append(share * (one - burned))
    total = zero
    for weight in weighted:
        total += weight
    shares = [weight / total for weight in weighted] if total.word else price_shares
    shares = apply_emission_gate(shares, Fixed(data.get("bar", 0), 64), Fixed(data.get("exponent", 3 * 2**64), 64))
    if not all(subnet["emission_enabled"] for subnet in data["subnets"]):
        total = zero
        for share, subnet in zip(shares, data["subnets"], strict=True):
            total = total + share if subnet["emission_enabled"] else total
        shares = [
            share / total if subnet["emission_enabled"] and total.word else zero
            for share, subnet in zip(shares, data["subnets"], strict=True)
        ]
    return {"shares": [share.word for share in shares]}


def i32f32_ln(bits: int) -> int | None:
    """`ln::<I32F32, I32F32>` of substrate-fixed, by bits; None for its error."""
    one = 2**32
    if bits <= 0:
        return None
    inverted, operand = bits < one, bits
    if inverted:
        operand = one * one // bits
        assert operand < 2**63, "the chain would panic"
    whole = 0
    while operand >= 2 * one:
        whole += 1
        operand = operand // 2 + operand % 2
    fraction = 0
    if operand != one:
        for bit in range(31, -1, -1):
            operand = operand * operand // one
            if operand >= 2 * one:
                fraction += 2**bit
                operand = operand // 2 + operand % 2
    log2 = whole * one + fraction
    log2_e = 12_102_203 * 2**9  # I9F23 of 1.44269504
    return -(log2 * one // log2_e) if inverted else log2 * one // log2_e


def i32f32_exp(bits: int) -> int | None:
    """`exp::<I32F32, I32F32>` of substrate-fixed, by bits; None for its error."""
    one, largest = 2**32, 2**63 - 1
    if bits == 0:
        return one
    if bits == one:
        return 22_802_600 * 2**9  # I9F23 of 2.71828182
    operand = abs(bits)
    result, term = operand + one, operand
    for i in range(2, 32):
        term = term * operand // one
        if term > largest:
            return None
        term = term * one // (i * one)
        result += term
        if result > largest:
            return None
    return one * one // result if bits < 0 else result


def safe_pow(value: Fixed, p: Fixed) -> Fixed:
    logarithm = i32f32_ln(min(value.word // 2**32, 2**63 - 1))
    if logarithm is None:
        return Fixed.of(0, 64)
    power = i32f32_exp(min(p.word // 2**32, 2**63 - 1) * logarithm // 2**32)
    return Fixed((2**31 - 1) * 2**64 if power is None else power * 2**32, 64)


def apply_emission_gate(shares: list[Fixed], theta: Fixed, h: Fixed) -> list[Fixed]:
    one, total = Fixed.of(1, 64), Fixed.of(0, 64)
    if theta.word == 0:
        return shares
    gated = []
    for share in shares:
        if share.word > 0:
            share = share * (one / (one + safe_pow(theta / share, h)))
        gated.append(share)
        total += share
    return [share / total for share in gated] if total.word else shares


def emission_gate(data: dict[str, Any]) -> dict[str, Any]:
    shares, bar = [Fixed(word, 64) for word in data["demand"]], data["bar"]
    if bar == 0 or data["block"] % 360 == 0:
        positive = sorted((word for word in data["demand"] if word > 0), reverse=True)
        if positive:
            bar = positive[data["rank"] - 1] if len(positive) >= data["rank"] else positive[-1]
    gated = apply_emission_gate(shares, Fixed(bar, 64), Fixed(data["exponent"], 64))
    return {"bar": bar, "shares": [share.word for share in gated]}


def root_proportion(root_tao: int, tao_weight: int, alpha_issuance: int) -> Fixed:
    weighted = amount(root_tao) * (amount(tao_weight) / amount(U64))
    return weighted / (weighted + amount(alpha_issuance))


def subnet_terms(data: dict[str, Any]) -> dict[str, Any]:
    emission, alpha_emission = Fixed(data["tao_emission"], 32), amount(data["alpha_emission"])
    price = Fixed(data["price"], 64).cast(32)
    tao_in, alpha_in = emission, emission / price
    cap = Fixed(data["root_proportion"], 32) * alpha_emission
    if alpha_in.word > cap.word:
        alpha_in = cap
        tao_in = alpha_in * price
    excess = emission - tao_in
    return {
        "tao_in": tao_in.word,
        "alpha_in": alpha_in.word,
        "alpha_out": alpha_emission.word,
        "excess_tao": excess.word,
    }


def split(data: dict[str, Any]) -> dict[str, Any]:
    half = Fixed(2**31, 32)
    alpha_out = amount(data["alpha_out"])
    owner_cut = alpha_out * (amount(data["owner_cut"]) / amount(65_535))
    alpha_out -= owner_cut
    root_alpha = Fixed(data["root_proportion"], 32) * alpha_out * half
    server = alpha_out * half
    validator = alpha_out - server - root_alpha
    return {"owner": owner_cut.u64(), "server": server.u64(), "validator": validator.u64(), "root": root_alpha.u64()}


def get_self_contribution(hotkey: dict[str, Any], tao_weight: Fixed) -> int:
    remaining = amount(1)
    for proportion, _ in hotkey["children"]:
        remaining -= amount(proportion) / amount(U64)
    alpha = amount(hotkey["alpha"]) * remaining
    root = amount(hotkey["root"]) * remaining * tao_weight
    return (alpha + root).u64()


def parent_child_dividends(
    name: str, dividend: int, hotkeys: dict[str, Any], tao_weight: Fixed, ck_burn: Fixed
) -> tuple[list[tuple[str, int]], int]:
    child, recycled = hotkeys[name], 0
    validating = remaining = amount(dividend)
    child_take = amount(child["childkey_take"]) / amount(65_535)
    total_take = amount(0)
    total = amount(get_self_contribution(child, tao_weight))
    contributions = []
    for proportion, parent in child["parents"]:
        share = amount(proportion) / amount(U64)
        combined = amount(hotkeys[parent]["alpha"]) * share + amount(hotkeys[parent]["root"]) * share * tao_weight
        total += combined
        contributions.append((parent, combined))
    tuples = []
    for parent, combined in contributions:
        parent_emission = validating * (combined / total)
        remaining -= parent_emission
        if hotkeys[parent]["owner"] != child["owner"]:
            burn, take = ck_burn * parent_emission, child_take * parent_emission
            parent_emission = parent_emission - burn - take
            total_take += take
            recycled += burn.u64()
        tuples.append((parent, parent_emission.u64()))
    tuples.append((name, (remaining + total_take).u64()))
    return tuples, recycled


def dividends(data: dict[str, Any]) -> dict[str, Any]:
    hotkeys = {hotkey["hotkey"]: hotkey for hotkey in data["hotkeys"]}
    tao_weight, ck_burn = amount(data["tao_weight"]) / amount(U64), amount(data["ck_burn"]) / amount(U64)
    incentives: dict[str, int] = {}
    divided: dict[str, Fixed] = {}
    recycled = 0
    for name, incentive, dividend in data["emission"]:
        incentives[name] = min(incentives.get(name, 0) + incentive, U64)
        tuples, burned = parent_child_dividends(name, dividend, hotkeys, tao_weight, ck_burn)
        recycled += burned
        for parent, rao in tuples:
            divided[parent] = divided.get(parent, amount(0)) + amount(rao)
    validator = data["pending_validator"]
    if sum(incentives.values()) == 0:
        validator = min(validator + data["pending_server"], U64)
    alpha_parts, root_parts = {}, {}
    total_alpha = total_root = amount(0)
    for name, dividend in sorted(divided.items()):
        alpha_stake = amount(hotkeys[name]["alpha"])
        total_alpha_stake = alpha_stake + amount(hotkeys[name]["root"]) * tao_weight
        if total_alpha_stake == amount(0):
            alpha_parts[name] = dividend
        else:
            alpha_parts[name] = dividend * (alpha_stake / total_alpha_stake)
        on_root = hotkeys[name].get("on_root", True)
        root_parts[name] = dividend - alpha_parts[name] if on_root else amount(0)
        total_root += root_parts[name]
        total_alpha += alpha_parts[name]

    def payouts(pot: int, parts: dict[str, Fixed], total: Fixed) -> list[list[Any]]:
        rows = []
        for name, part in parts.items():
            whole = amount(pot) * (part / total)
            take = amount(hotkeys[name]["take"]) / amount(65_535) * whole
            rows.append([name, [take.u64(), (whole - take).u64()]])
        return rows

    root_pot = amount(data["pending_root"])
    if all((root_pot * (part / total_root)).u64() == 0 for part in root_parts.values()):
        recycled += data["pending_root"]
    return {
        "incentives": [[name, rao] for name, rao in sorted(incentives.items())],
        "alpha": payouts(validator, alpha_parts, total_alpha),
        "root": payouts(data["pending_root"], root_parts, total_root),
        "recycled": recycled,
    }


def update_moving_price(moving: int, price: int, age: int, halving_blocks: int, moving_alpha: int) -> int:
    one, blocks = Fixed.of(1, 64), Fixed.of(age, 64)
    alpha = Fixed(max(moving_alpha, 0), 32).cast(64) * (blocks / (blocks + Fixed.of(halving_blocks, 64)))
    capped = one if price > one.word else Fixed(price, 64)
    return (alpha * capped + (one - alpha) * Fixed(moving, 64)).cast(32).word
