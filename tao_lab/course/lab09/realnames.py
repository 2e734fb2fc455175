"""The storage items that lab 09 is about."""

from tao_lab.course.realcode import StorageName

REAL_NAMES = (
    StorageName("Kappa", "09.1, share of stake that decides, u16"),
    StorageName("ActivityCutoffFactorMilli", "09.1, tempos without weights until stake falls silent, thousandths"),
    StorageName("CommitRevealWeightsEnabled", "09.2, whether weights are sealed"),
    StorageName("RevealPeriodEpochs", "09.2, epochs for which they are"),
    StorageName("Yuma3On", "09.2 and 09.6, bonds of each validator's own"),
    StorageName("LiquidAlphaOn", "09.2, bonds that move at a speed of their own"),
    StorageName("Burn", "09.3, price of the next seat, rao"),
    StorageName("BurnIncreaseMult", "09.3, what a registration does to it"),
    StorageName("MinBurn", "09.3 and 09.6, its lowest value, rao"),
    StorageName("ImmunityPeriod", "09.3, blocks for which a seat is safe"),
    StorageName("MinerBurned", "part of the miners' pay that went to the owner's own hotkeys"),
    StorageName("SubnetEmissionEnabled", "whether governance lets a subnet have TAO"),
    StorageName("SwapBalancer", "09.4, weights of the pool", "Swap"),
    StorageName("NextKey", "key for shielded calls", "MevShield", keys="none"),
)
