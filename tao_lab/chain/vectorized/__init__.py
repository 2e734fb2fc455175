"""Fast twins of functions that the pallets run subnet by subnet or stake by stake. They write exactly the same bytes.

Importing this registers them (`tao_lab.chain.twins`); no pallet imports it.
"""

from tao_lab.chain.vectorized import (  # noqa: F401 - importing registers them
    baskets,
    emission,
    epochs,
    few,
    payout,
    root_stakers,
    schedule,
    stake_ledger,
    stakes,
    yuma,
)
