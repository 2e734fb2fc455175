"""The storage items that lab 00 is about."""

from tao_lab.course.realcode import StorageName

REAL_NAMES = (
    StorageName("SubnetOwner", "which coldkey created a subnet", keys="netuid"),
    StorageName("Uids", "the number (UID) of a hotkey on a subnet", keys="netuid, hotkey"),
    StorageName("Axons", "where a miner answers: IP address and port", keys="netuid, hotkey"),
    StorageName("Weights", "what a validator thinks of each miner, u16", keys="netuid, uid"),
    StorageName("Incentive", "share of the miners' pay by UID, u16", keys="netuid"),
    StorageName("TotalHotkeyAlpha", "all alpha that is staked on a hotkey, rao", keys="hotkey, netuid"),
)
