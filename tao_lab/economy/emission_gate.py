"""The emission gate: subnets with little demand get much less than their share, and the others get more.

Each subnet has a share of demand. The gate lets a part of this share pass: one half if the share is as large as the
bar, nearly all if it is well above the bar, and almost nothing if it is well below. The bar is the 32nd largest share.
The chain measures it again at every 360th block.

    g = b / (1 + (bar / b)^3)

Source: `pallets/subtensor/src/coinbase/subnet_emissions.rs` of RaoFoundation/subtensor at f8ff769a
(`maybe_update_emission_gate_bar`, `apply_emission_gate`, `safe_pow`); `substrate-fixed` v0.6.0
(`src/transcendental.rs`: `ln`, `log2`, `exp`). In use since spec 440, by rank since spec 441.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tao_lab.economy.fixed128 import U64F64, WORD_MAX, add

EMISSION_BAR_UPDATE_INTERVAL = 360  # blocks
EMISSION_BAR_RANK = 32  # the default of `EmissionBarRank`
EMISSION_GATE_EXPONENT = 3 * U64F64.one  # the default of `EmissionGateExponent`

# The power is e^(h * ln(x)), computed in I32F32 (64 bits, 32 of them after the point). Its last bits matter: ln divides
# by log2(e) with only 23 fraction bits. That is an error of 10^-7, and mainnet's payments show it.
ONE = 1 << 32
LARGEST = (1 << 63) - 1
LOG2_E = 0xB8AA3B << 9  # log2(e) cut to 23 fraction bits
E = 0x15BF0A8 << 9  # e cut to 23 fraction bits
TOO_LARGE = ((1 << 31) - 1) << 64  # U64F64: used for every power that does not fit I32F32


@dataclass(frozen=True)
class EmissionGate:
    """The gate of a block.

    Attributes:
        bar: raw U64F64 value (`EmissionGateBar`); with 0 there is no gate.
        exponent: raw U64F64 value (`EmissionGateExponent`).
    """

    bar: int = 0
    exponent: int = EMISSION_GATE_EXPONENT


OPEN = EmissionGate()  # no gate: every share passes completely


def bar_is_due(bar: int, block: int) -> bool:
    """Whether a block measures the bar again: at every 360th block, and as long as there is no bar."""
    return bar == 0 or block % EMISSION_BAR_UPDATE_INTERVAL == 0


def emission_gate_bar(demand: Sequence[int], rank: int = EMISSION_BAR_RANK, quantile: int = 0) -> int:
    """The bar, computed from the shares of demand.

    Subnets whose emission is switched off count too: they keep their rank, and a later step gives them nothing.

    Args:
        demand: Raw U64F64 values, one for each started subnet.
        rank: place of the bar among the shares above zero, the largest first (`EmissionBarRank`); with fewer shares the
            smallest is the bar.
        quantile: raw U64F64 value (`EmissionBarQuantile`), used only with rank 0. Then add up the shares, the largest
            first; the bar is the share at which the sum reaches the quantile.

    Returns:
        Raw U64F64 value; 0 where no share is above zero.
    """
    largest_first = sorted(demand, reverse=True)
    if rank > 0:
        above_zero = [share for share in largest_first[:rank] if share > 0]
        return above_zero[-1] if above_zero else 0
    together = bar = 0
    for bar in largest_first:
        together = add(together, bar)
        if together >= quantile:
            break
    return bar


def apply_emission_gate(demand: Sequence[int], gate: EmissionGate) -> list[int]:
    """The part of each share that passes the gate, scaled so that the sum is one again.

    Args:
        demand: Raw U64F64 values.
        gate: bar and exponent.

    Returns:
        Raw U64F64 values in the same order; unchanged if there is no bar, or if nothing at all would pass.
    """
    if gate.bar <= 0:
        return list(demand)
    passed = [U64F64.multiply(share, passing(share, gate)) for share in demand]
    total = min(sum(passed), WORD_MAX)
    return [U64F64.divide(share, total) for share in passed] if total else list(demand)


def passing(share: int, gate: EmissionGate) -> int:
    """The fraction of a share that passes: 1 / (1 + (bar / share)^exponent).

    Args:
        share: raw U64F64 value.
        gate: bar and exponent.

    Returns:
        Raw U64F64 value; 0 if the share is 0.
    """
    if share <= 0:
        return 0
    return U64F64.divide(U64F64.one, add(U64F64.one, power(U64F64.divide(gate.bar, share), gate.exponent)))


def power(value: int, exponent: int) -> int:
    """`safe_pow`: value^exponent as the chain computes it.

    If the value is 0, the result is 0. If e^|exponent * ln(value)| does not fit I32F32, the chain takes the largest
    number, even if the power itself would be tiny. So almost nothing passes of a share that is larger than about 1,290
    bars. On mainnet no share is that large; in a network of few subnets a share can be.

    Args:
        value: raw U64F64 value.
        exponent: raw U64F64 value.

    Returns:
        Raw U64F64 value.
    """
    logarithm = _ln(min(value >> 32, LARGEST))
    if logarithm is None:
        return 0
    result = _exp(_held(min(exponent >> 32, LARGEST) * logarithm >> 32))
    return TOO_LARGE if result is None else result << 32


def _ln(word: int) -> int | None:
    """Natural logarithm of a raw I32F32 value; None if it does not exist."""
    if word < ONE:
        inverse = ONE * ONE // word if word else LARGEST + 1
        # The chain stops with an error for the two words whose inverse does not fit; here they count as zero.
        return None if inverse > LARGEST else -(_log2(inverse) * ONE // LOG2_E)
    return _log2(word) * ONE // LOG2_E


def _log2(word: int) -> int:
    """Logarithm to base 2 of a raw I32F32 value of at least one: its whole part, then one bit for each squaring."""
    result = 0
    while word >= 2 * ONE:
        result += 1
        word = (word >> 1) + (word & 1)
    if word == ONE:
        return result * ONE
    for _ in range(32):
        word = word * word >> 32
        result <<= 1
        if word >= 2 * ONE:
            result |= 1
            word = (word >> 1) + (word & 1)
    return result


def _exp(word: int) -> int | None:
    """The exponential of a raw I32F32 value, by a series of 31 terms; e^-x is 1 / e^x. None: it does not fit."""
    if word in (0, ONE):
        return E if word else ONE
    size = abs(word)
    term, result = size, size + ONE
    for i in range(2, 32):
        product = term * size >> 32
        term = product // i
        result += term
        if product > LARGEST or result > LARGEST:
            return None
    return ONE * ONE // result if word < 0 else result


def _held(word: int) -> int:
    """A raw value, limited to the range of I32F32."""
    return max(min(word, LARGEST), -LARGEST - 1)
