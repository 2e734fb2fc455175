"""Fast twins of what the pallets do subnet by subnet or stake by stake: the same state, to the last byte.

Importing this registers them (`tao_lab.chain.twins`); no pallet imports it.
"""

from tao_lab.chain.vectorized import emission, few, payout, schedule, stake_ledger  # noqa: F401 - importing registers them
