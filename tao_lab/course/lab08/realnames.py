"""The storage items that lab 08 is about."""

from tao_lab.course.realcode import StorageName

REAL_NAMES = (
    StorageName("SubnetTAO", "TAO in the pool, rao"),
    StorageName("SubnetAlphaIn", "alpha in the pool, rao"),
    StorageName("SubnetAlphaOut", "alpha outside the pool: what everybody holds, rao"),
    StorageName("SwapBalancer", "08.1, weight of TAO, parts of 10^18", "Swap"),
    StorageName("FeeRate", "08.3, u16", "Swap"),
    StorageName("SubnetTaoInEmission", "08.5, TAO that the last block added, rao"),
    StorageName("SubnetAlphaInEmission", "08.5, alpha that the last block added, rao"),
    StorageName("SubnetExcessTao", "08.5, TAO with which the last block bought, rao"),
    StorageName("RootProp", "root's part in the subnet, which caps new alpha"),
    StorageName("SubnetMovingPrice", "slow price, which decides the subnet's share of TAO"),
    StorageName("TotalHotkeyAlpha", "alpha staked on a hotkey, rao", keys="hotkey, netuid"),
)
