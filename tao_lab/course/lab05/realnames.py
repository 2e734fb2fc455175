"""The storage items that lab 05 is about."""

from tao_lab.course.realcode import StorageName

REAL_NAMES = (
    StorageName("Weights", "a validator's row: pairs of UID and u16"),
    StorageName("LastUpdate", "block of each UID's last weights, or of its registration"),
    StorageName("WeightsSetRateLimit", "blocks between two settings"),
    StorageName("MinAllowedWeights", "weights in a row, at least"),
    StorageName("MaxWeightsLimit", "largest part of one weight in its row, u16"),
    StorageName("WeightsVersionKey", "version of a validator's program, at least"),
    StorageName("StakeThreshold", "rao of stake weight that setting weights needs"),
    StorageName("CommitRevealWeightsEnabled", "whether weights are committed first"),
    StorageName("RevealPeriodEpochs", "epochs between commit and reveal"),
    StorageName("WeightCommits", "hash, epoch and block of each open commit", keys="netuid, hotkey"),
)
