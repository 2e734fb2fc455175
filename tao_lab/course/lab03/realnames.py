"""The storage items that lab 03 is about."""

from tao_lab.course.realcode import StorageName

REAL_NAMES = (
    StorageName("NetworkLastLockCost", "03.1, rao that the last new subnet locked"),
    StorageName("NetworkMinLockCost", "03.1, rao, the least"),
    StorageName("NetworkLockReductionInterval", "03.1, blocks"),
    StorageName("SubnetLimit", "how many subnets there may be"),
    StorageName("SubnetLocked", "rao that this subnet locked"),
    StorageName("SubnetOwner", "whose coldkey made it"),
    StorageName("Burn", "03.2, price of a seat, rao"),
    StorageName("BurnHalfLife", "03.2, blocks"),
    StorageName("BurnIncreaseMult", "03.2, bits of a U64F64"),
    StorageName("MinBurn", "03.2, rao"),
    StorageName("MaxBurn", "03.2, rao"),
    StorageName("MaxAllowedUids", "how many seats there are"),
    StorageName("ImmunityPeriod", "03.3, blocks after a registration"),
    StorageName("MinNonImmuneUids", "03.3, how many seats without immunity are left"),
    StorageName("BlockAtRegistration", "03.3, since when a seat is taken"),
    StorageName("Keys", "03.4, who sits on a UID"),
    StorageName("ValidatorPermit", "03.4, by UID"),
    StorageName("LastUpdate", "03.4, block of the last weights, by UID"),
    StorageName("Difficulty", "03.5, of the hash puzzle"),
    StorageName("NetworkPowRegistrationAllowed", "03.5, whether the puzzle may be used"),
)
