"""Units of the network: rao, TAO, alpha and u16 proportions.

The chain counts in whole rao; a TAO (and an alpha, the token of a subnet) is 10^9 rao. Proportions are stored
as u16: 65,535 stands for one. Source: `common/src/currency.rs` and the `Initial…` constants in
`runtime/src/lib.rs` of opentensor/subtensor.
"""

RAO_PER_TAO = 1_000_000_000
U16_MAX = 65_535
U64_MAX = (1 << 64) - 1
BLOCK_SECONDS = 12
BLOCKS_PER_DAY = 7_200
FASTEST_SECONDS, SLOWEST_SECONDS = 0.05, 3_600.0  # between two blocks of a node


def in_tao(rao: int) -> str:
    """Rao in words, exact: `in_tao(1_500_000_000)` is "1.5 τ"."""
    whole, rest = divmod(abs(rao), RAO_PER_TAO)
    digits = f"{whole:,}.{rest:09}".rstrip("0").rstrip(".")
    return f"{'-' if rao < 0 else ''}{digits} τ"
