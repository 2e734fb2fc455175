"""The storage items that lab 06 is about."""

from tao_lab.course.realcode import StorageName

REAL_NAMES = (
    StorageName("Weights", "rows of grades, (uid, u16)"),
    StorageName("Consensus", "06.1, u16"),
    StorageName("ValidatorTrust", "06.2, u16"),
    StorageName("Incentive", "06.3, u16"),
    StorageName("Bonds", "06.4, rows of (uid, u16)"),
    StorageName("Dividends", "06.5, u16"),
    StorageName("Emission", "06.6, rao in the last epoch"),
    StorageName("ValidatorPermit", "who may set weights that count"),
    StorageName("Kappa", "majority, parts of 65,535"),
    StorageName("BondsMovingAverage", "old part of bonds, millionths"),
    StorageName("BondsPenalty", "clipping of bonds, parts of 65,535"),
    StorageName("Yuma3On", "the other kind of bonds"),
    StorageName("LiquidAlphaOn", "faster bonds for those who dissent early"),
    StorageName("Tempo", "blocks between epochs"),
    StorageName("ActivityCutoff", "blocks of silence that are allowed"),
)
