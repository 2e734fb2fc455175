"""Issuance: how much new TAO one block creates.

Emission starts at 1 TAO a block. It halves each time half of the TAO that was still left of the 21 million has been
issued. It depends on issuance, not on the block number: recycled TAO lowers issuance and delays the next halving.

Source: `pallets/subtensor/src/coinbase/block_emission.rs` of opentensor/subtensor; `log2` of substrate-fixed v0.6.0.
"""

from tao_lab.units import RAO_PER_TAO, U64_MAX

TOTAL_SUPPLY = 21_000_000 * RAO_PER_TAO
DEFAULT_BLOCK_EMISSION = RAO_PER_TAO
FRACTION_BITS = 32  # of I96F32
ONE = 1 << FRACTION_BITS


def block_emission(issuance: int) -> int:
    """TAO that the next block issues.

    The number of halvings is floor(log2(1 / (1 - issuance / supply))), with the two quotients truncated to 32 fraction
    bits as in the chain.

    Args:
        issuance: rao issued so far, 0 to 2^64 - 1 (`TotalIssuance`).

    Returns:
        Rao; 0 once the supply is reached.

    Raises:
        ValueError: issuance is not a u64.
    """
    if isinstance(issuance, bool) or not isinstance(issuance, int) or not 0 <= issuance <= U64_MAX:
        raise ValueError(f"issuance is {issuance!r}; allowed: whole rao from 0 to 2^64 - 1")
    if issuance >= TOTAL_SUPPLY:
        return 0
    issued_share = issuance * ONE // TOTAL_SUPPLY
    scarcity = ONE * ONE // (ONE - issued_share)
    return (ONE >> whole_log2(scarcity)) * DEFAULT_BLOCK_EMISSION >> FRACTION_BITS


def whole_log2(word: int) -> int:
    """Whole part of `log2` of a raw value with 32 fraction bits; the number must be at least one.

    substrate-fixed halves its argument until it is below two, and rounds each half up. So a value just below a power of
    two can count as that power.
    """
    whole = 0
    while word >= 2 * ONE:
        word = (word >> 1) + (word & 1)
        whole += 1
    return whole
