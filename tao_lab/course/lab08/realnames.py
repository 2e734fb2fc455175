"""The storage items that lab 08 is about."""

from tao_lab.course.realcode import StorageName

REAL_NAMES = (
    StorageName("SubnetTAO", "TAO in the pool, rao"),
    StorageName("SubnetAlphaIn", "alpha in the pool, rao"),
    StorageName("SubnetAlphaOut", "alpha that people hold, rao"),
    StorageName("SwapBalancer", "08.1, weight of TAO", "Swap"),
    StorageName("FeeRate", "08.3, u16", "Swap"),
    StorageName("SubnetTaoInEmission", "08.5, TAO added, rao"),
    StorageName("SubnetAlphaInEmission", "08.5, alpha added, rao"),
    StorageName("SubnetExcessTao", "08.5, TAO that bought, rao"),
    StorageName("RootProp", "root's part"),
    StorageName("SubnetMovingPrice", "slow price"),
    StorageName("TotalHotkeyAlpha", "alpha staked on a hotkey, rao", keys="hotkey, netuid"),
)
