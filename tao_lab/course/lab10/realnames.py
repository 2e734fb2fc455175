"""What the real chain stores about a subnet's work: money and scores, but not the work itself."""

from tao_lab.course.realcode import StorageName

REAL_NAMES = (
    StorageName("SubnetIdentitiesV3", "what a subnet says of itself: name, repository, contact"),
    StorageName(
        "Weights", "a validator's scores of the miners: all that the chain sees of the work", keys="netuid, uid"
    ),
    StorageName("Tempo", "blocks between two epochs: how often scores are paid"),
    StorageName("WeightsVersionKey", "the version of the subnet's program that validators must run"),
    StorageName("SubnetOwner", "who made the subnet, and may change its parameters"),
    StorageName("SubnetMechanism", "how the subnet's token is priced: by a pool, or at 1"),
)
