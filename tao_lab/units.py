"""Units of the network: rao, TAO, alpha and u16 proportions.

The chain counts in whole rao; a TAO (and an alpha, the token of a subnet) is 10^9 rao. Proportions are stored
as u16: 65,535 stands for one. Source: `common/src/currency.rs` and the `Initial…` constants in
`runtime/src/lib.rs` of opentensor/subtensor.
"""

RAO_PER_TAO = 1_000_000_000
U16_MAX = 65_535
BLOCK_SECONDS = 12
BLOCKS_PER_DAY = 7_200
