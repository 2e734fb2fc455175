"""The storage items that lab 07 is about."""

from tao_lab.course.realcode import StorageName

HOTKEY_KEYS = "hotkey, netuid"

REAL_NAMES = (
    StorageName("TotalIssuance", "07.1, rao of TAO that exist"),
    StorageName("SubnetTAO", "07.5, rao of TAO in a pool; on root: staked"),
    StorageName("SubnetTaoInEmission", "TAO that joined the pool in the last block"),
    StorageName("SubnetExcessTao", "TAO that bought alpha in the last block"),
    StorageName("SubnetEmissionEnabled", "whether a subnet gets TAO"),
    StorageName("SubnetMovingPrice", "what shares go by"),
    StorageName("MinerBurned", "part of the miners' pay that went to the owner's own hotkeys"),
    StorageName("SubnetAlphaOutEmission", "07.3, alpha of the last block"),
    StorageName("SubnetOwnerCut", "07.3, u16"),
    StorageName("RootProp", "07.3, root's weight in a subnet"),
    StorageName("PendingOwnerCut", "waits for the owner"),
    StorageName("PendingServerEmission", "waits for miners"),
    StorageName("PendingValidatorEmission", "waits for validators"),
    StorageName("PendingRootAlphaDivs", "waits for root"),
    StorageName("Delegates", "07.4, a validator's take, u16", keys="hotkey"),
    StorageName("TotalHotkeyAlpha", "07.4, all stake on a hotkey, rao", keys=HOTKEY_KEYS),
    StorageName("AlphaV2", "07.4, shares of one staker", keys="hotkey, coldkey, netuid"),
)
