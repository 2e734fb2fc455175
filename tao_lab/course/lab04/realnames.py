"""The storage items that lab 04 is about."""

from tao_lab.course.realcode import StorageName

REAL_NAMES = (
    StorageName("Axons", "where a miner answers: IP address and port", keys="netuid, hotkey"),
    StorageName("Burn", "what a seat costs now, rao", keys="netuid"),
    StorageName("MinBurn", "the least that a seat can cost, rao", keys="netuid"),
    StorageName("ValidatorPermit", "who may set weights, by UID: whom a miner answers", keys="netuid"),
    StorageName("Incentive", "share of the miners' pay by UID, u16", keys="netuid"),
    StorageName("Emission", "what the last epoch paid by UID, rao of alpha", keys="netuid"),
    StorageName("ServingRateLimit", "blocks between two changes of an address", keys="netuid"),
)
