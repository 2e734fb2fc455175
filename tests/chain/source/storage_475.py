"""Storage of mainnet at spec 475, typed from a public listing of it: hashers, which items are optional, and defaults.

Source: `tests/fixtures/golden/metadata_storage_spec475.json` of NoBSRecruiter/tao-subnet-trader, decoded from the V14
metadata of block 9,240,388. Value and key types are not typed here: the SDK's generated modules have the values'.
"""

BLAKE, TWOX, PLAIN = "Blake2_128Concat", "Twox64Concat", "Identity"

# By pallet and hashers, in the listing's order: the names of the items; a `?` behind one that is optional.
ITEMS = {
    ("SubtensorModule", ()): """
        MinActivityCutoff AdminFreezeWindow OwnerHyperparamRateLimit DissolveNetworkScheduleDuration NextStakeJobId
        TaoWeight CKBurn MaxDelegateTake MinDelegateTake MaxChildkeyTake MinChildkeyTake PendingBasketFlushCursor?
        BlockEmission SubnetLimit TotalIssuance TotalStake SubnetMovingAlpha ColdkeySwapAnnouncementDelay
        ColdkeySwapReannouncementDelay MaturityRate UnlockRate AlphaV2MapLastKey NetTaoFlowEnabled TaoFlowCutoff
        FlowNormExponent EmissionBarQuantile EmissionBarRank EmissionGateExponent EmissionGateBar
        FlowEmaSmoothingFactor TotalNetworks NetworkImmunityPeriod StartCallDelay NetworkMinLockCost
        NetworkLastLockCost NetworkLockReductionInterval SubnetOwnerCut NetworkRateLimit NominatorMinRequiredStake
        WeightsVersionKeyRateLimit MaxEpochsPerBlock TxRateLimit TxDelegateTakeRateLimit TxChildkeyTakeRateLimit
        DissolveCleanupQueue CurrentDissolveCleanupStatus? NetworkRegistrationQueue NetworkRegistrationLockId
        StakeThreshold RootStakeUnlockInterval BasketTradingEnabled BasketDailyTurnoverCap BasketMinTradeTao
        BasketLiquidityCap BasketClaimRowDustCapTao BasketClaimRowDustBps BasketClaimSliceDustTao
        BasketClaimForfeitCapTao BasketConcentrationCap BetaIndexSnapshot? BetaIndexSweep? NumStakingColdkeys
        NextSubnetLeaseId CommitRevealWeightsVersion NetworkRegistrationStartBlock TaoInRefundDeploymentBlock
        MaxMechanismCount PendingChildKeyCooldown""",
    ("SubtensorModule", (PLAIN,)): """
        MinChildkeyTakePerSubnet SubnetMovingPrice SubnetFastMovingPrice? RootProp SubnetVolume SubnetTAO
        SubnetAlphaInEmission SubnetEmissionEnabled SubnetAlphaOutEmission SubnetTaoInEmission SubnetExcessTao
        SubnetRootSellTao SubnetAlphaIn SubnetAlphaOut SubnetProtocolAlpha TotalAlphaStaked OwnerLock?
        DecayingOwnerLock? OwnerCutAutoLockEnabled TokenSymbol SubnetTaoFlow SubnetEmaTaoFlow? SubnetProtocolFlow
        SubnetEmaProtocolFlow? UsedWork MaxRegistrationsPerBlock OwnerCutEnabled LastRateLimitedBlock TransferToggle
        SubnetLocked LargestLocked Tempo LastEpochBlock PendingEpochAt SubnetEpochIndex ActivityCutoffFactorMilli
        FirstEmissionBlockNumber? SubnetMechanism SubnetworkN NetworksAdded NetworkRegistrationAllowed
        NetworkPowRegistrationAllowed NetworkRegisteredAt RegisteredSubnetCounter PendingServerEmission
        PendingValidatorEmission PendingRootAlphaDivs PendingOwnerCut MinerBurned BlocksSinceLastStep
        LastMechansimStepBlock LastYumaStepBlock? NullPruningTarget? SavedYumaMaxAllowedValidators? SubnetOwner
        SubnetOwnerHotkey RecycleOrBurn ServingRateLimit Rho AlphaSigmoidSteepness Kappa RegistrationsThisInterval
        POWRegistrationsThisInterval BurnRegistrationsThisInterval MinAllowedUids MaxAllowedUids ImmunityPeriod
        ActivityCutoff MaxWeightsLimit WeightsVersionKey MinAllowedWeights MaxAllowedValidators AdjustmentInterval
        BondsMovingAverage BondsPenalty BondsResetOn WeightsSetRateLimit ValidatorPruneLen ScalingLawPower
        TargetRegistrationsPerInterval AdjustmentAlpha CommitRevealWeightsEnabled Burn Difficulty MinBurn MaxBurn
        MinDifficulty MaxDifficulty LastAdjustmentBlock RegistrationsThisBlock EMAPriceHalvingBlocks
        RAORecycledForRegistration AlphaValues LiquidAlphaConsensusMode SubnetEpochConsensus SubtokenEnabled
        NetworkRegistrationEscrow? TotalVotingPower VotingPowerTrackingEnabled VotingPowerDisableAtBlock
        VotingPowerEmaAlpha ImmuneOwnerUidsLimit StakeWeight LoadedEmission? Active Consensus ConsensusByMechanism
        Incentive Dividends Emission LastUpdate ValidatorTrust ValidatorPermit LastTxBlock LastTxBlockChildKeyTake
        LastTxBlockDelegateTake StakingColdkeysByIndex? StakingColdkeys? MinNonImmuneUids BurnHalfLife
        BurnIncreaseMult CollateralLockShare CollateralDrainRatio HasMigrationRun""",
    ("SubtensorModule", (BLAKE,)): """
        ColdkeySuccessor? ColdkeyRoot? Owner AccountFlags Delegates ChildkeyThresholdChecks?
        ChildkeyThresholdSuspended? StakingHotkeys OwnedHotkeys LastPowRegistrationBlock? LiquidAlphaOn Yuma3On
        IdentitiesV2? SubnetIdentitiesV3? BasketTradingFrozen? BasketTradeBucket? RootClaimableThreshold
        RootClaimable BasketShares BasketRate BetaBaseline? BasketTwr BetaIndexFundSample? BasketDepositedTao
        BasketRedeemedTao AutoParentDelegationEnabled""",
    ("SubtensorModule", (TWOX,)): """
        ColdkeySwapAnnouncements? ColdkeySwapDisputes? RevealPeriodEpochs SubnetLeases? SubnetUidToLeaseId?
        AccumulatedLeaseDividends MechanismCountCurrent MechanismEmissionSplit?""",
    ("SubtensorModule", (PLAIN, BLAKE)): """
        LastHotkeySwapOnNetuid StakeMoveCooldownUntil HotkeySuccessor? HotkeyRoot? PendingChildKeys
        AlphaDividendsPerSubnet RootAlphaDividendsPerSubnet HotkeyLock? DecayingHotkeyLock? VotingPower Uids? Axons?
        NeuronCertificates? Prometheus? ColdkeyMinerCollateral ColdkeyCollateralHotkeys""",
    ("SubtensorModule", (BLAKE, PLAIN)): """
        ChildkeyTake ChildKeys ParentKeys PendingBasketDeposits LastHotkeyEmissionOnNetuid AutoStakeDestination?
        AutoStakeDestinationColdkeys TotalHotkeyAlpha TotalHotkeyAlphaLastEpoch TotalHotkeySharesV2
        AlphaSharePoolEpoch DecayingLock? IsNetworkMember BasketLiquidityUsed?""",
    ("SubtensorModule", (PLAIN, PLAIN)): "Keys Weights Bonds BlockAtRegistration",
    ("SubtensorModule", (TWOX, TWOX)): """
        WeightCommits? TimelockedWeightCommits CRV3WeightCommits CRV3WeightCommitsV2 LastColdkeyHotkeyStakeBlock?
        AssociatedEvmAddress? AssociatedUidsByEvmAddress""",
    ("SubtensorModule", (BLAKE, BLAKE)): "BasketClaimed",
    ("SubtensorModule", (TWOX, PLAIN)): "SubnetLeaseShares SubnetLeaseUnpaidDividends",
    ("SubtensorModule", (BLAKE, BLAKE, PLAIN)): "AlphaV2 AlphaShareEpoch",
    ("SubtensorModule", (BLAKE, PLAIN, BLAKE)): "Lock?",
    ("SubtensorModule", (PLAIN, BLAKE, BLAKE)): "LockingColdkeys? RootClaimed MinerCollateral?",
    ("SubtensorModule", (BLAKE, PLAIN, PLAIN)): "TransactionKeyLastBlock",
    ("Swap", (TWOX,)): """
        FeeRate SwapBalancer PalSwapInitialized BalancerTaoReservoir BalancerAlphaReservoir ScrapReservoirAlpha""",
    ("AlphaAssets", (TWOX,)): "TotalAlphaIssuance AlphaBurned AlphaRecycled",
    ("Proxy", (TWOX,)): "Proxies Announcements LastCallResult?",
    ("Proxy", (TWOX, TWOX)): "RealPaysFeeConsentV1?",
    ("SafeMode", ()): "EnteredUntil?",
    ("SafeMode", (TWOX, TWOX)): "Deposits?",
    ("MevShield", ()): """
        CurrentKey? PendingKey? NextKey? PendingKeyExpiresAt? NextKeyExpiresAt? MaxPendingExtrinsicsLimit
        ExtrinsicLifetime OnInitializeWeight MaxExtrinsicWeight CounterForPendingExtrinsics
        NextPendingExtrinsicIndex""",
    ("LimitOrders", (BLAKE,)): "Orders? LinkedOutputs?",
    ("LimitOrders", ()): "LimitOrdersEnabled",
    ("Timestamp", ()): "Now DidUpdate",
    ("Balances", ()): "TotalIssuance InactiveIssuance",
    ("Balances", (BLAKE,)): "Account Locks Reserves Holds Freezes",
    ("System", (BLAKE,)): "Account EventTopics",
    ("System", (TWOX,)): "BlockHash ExtrinsicData",
    ("System", ()): """
        ExtrinsicCount? InherentsApplied BlockWeight AllExtrinsicsLen? Number ParentHash Digest Events EventCount
        LastRuntimeUpgrade? UpgradedToU32RefCount UpgradedToTripleRefCount ExecutionPhase? AuthorizedUpgrade?
        ExtrinsicWeightReclaimed""",
}

# SCALE in hex, without the zeros behind it; every other default is zeros only.
DEFAULTS = {
    "SubtensorModule": """
        MinActivityCutoff=6801 AdminFreezeWindow=0a OwnerHyperparamRateLimit=02 DissolveNetworkScheduleDuration=a08c
        TaoWeight=fc62e03efa3c7c0d MaxDelegateTake=142e MaxChildkeyTake=142e Delegates=142e BlockEmission=00ca9a3b
        SubnetLimit=80 SubnetMovingAlpha=5532 SubnetEmissionEnabled=01 ColdkeySwapAnnouncementDelay=a08c
        ColdkeySwapReannouncementDelay=201c MaturityRate=d2430e UnlockRate=d2430e TokenSymbol=10f09d9c8f
        NetTaoFlowEnabled=01 FlowNormExponent=000000000000000001 EmissionBarQuantile=00285c8fc2f5289c
        EmissionBarRank=20 EmissionGateExponent=000000000000000003 FlowEmaSmoothingFactor=9dd5ab4beb1a
        MaxRegistrationsPerBlock=01 NetworkImmunityPeriod=80c613 NetworkMinLockCost=0010a5d4e8
        NetworkLastLockCost=0010a5d4e8 NetworkLockReductionInterval=c08901 SubnetOwnerCut=142e OwnerCutEnabled=01
        NetworkRateLimit=201c WeightsVersionKeyRateLimit=05 TransferToggle=01 Tempo=6801
        ActivityCutoffFactorMilli=4136 NetworkRegistrationAllowed=01 ServingRateLimit=32 Rho=0a
        AlphaSigmoidSteepness=e803 Kappa=ff7f MinAllowedUids=40 MaxAllowedUids=0001 ImmunityPeriod=0010
        ActivityCutoff=8813 MaxWeightsLimit=ffff MinAllowedWeights=0004 MaxAllowedValidators=80
        AdjustmentInterval=64 BondsMovingAverage=a0bb0d BondsPenalty=ffff WeightsSetRateLimit=64
        ValidatorPruneLen=01 ScalingLawPower=32 TargetRegistrationsPerInterval=02 CommitRevealWeightsEnabled=01
        Burn=00e1f505 Difficulty=809698 MinBurn=20a107 MaxBurn=00e8764817 MinDifficulty=809698
        MaxDifficulty=ffffffffffffff3f EMAPriceHalvingBlocks=801303 MaxEpochsPerBlock=02 TxRateLimit=e803
        TxDelegateTakeRateLimit=c04b03 TxChildkeyTakeRateLimit=c04b03 AlphaValues=33b366e6
        LiquidAlphaConsensusMode=02 VotingPowerEmaAlpha=0020d965e5ae0c ImmuneOwnerUidsLimit=01 RevealPeriodEpochs=01
        BasketDailyTurnoverCap=9919 BasketMinTradeTao=0065cd1d BasketLiquidityCap=9919
        BasketClaimRowDustCapTao=00ca9a3b BasketClaimRowDustBps=0a BasketClaimSliceDustTao=a08601
        BasketClaimForfeitCapTao=809698 BasketConcentrationCap=0010 RootClaimableThreshold=0000000020a107
        BasketTwr=000000000000000001 CommitRevealWeightsVersion=04 MinNonImmuneUids=0a MaxMechanismCount=02
        MechanismCountCurrent=01 BurnHalfLife=6801 BurnIncreaseMult=0090c2f5285c8f4201
        CollateralDrainRatio=000000000000000001 AutoParentDelegationEnabled=01 PendingChildKeyCooldown=201c""",
    "Swap": "FeeRate=21 SwapBalancer=0000b2d3595bf006",
    "MevShield": """
        MaxPendingExtrinsicsLimit=64 ExtrinsicLifetime=0a OnInitializeWeight=0088526a74
        MaxExtrinsicWeight=00743ba40b""",
}
LONG_DEFAULTS = {("Balances", "Account"): 39, ("System", "Account"): 55}  # the place of their one 0x80
