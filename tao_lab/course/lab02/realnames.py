"""The storage items that lab 02 is about."""

from tao_lab.course.realcode import StorageName

REAL_NAMES = (
    StorageName("Account", "nonce and balance, rao (02.2)", "System", "account"),
    StorageName("Number", "height of the newest block", "System"),
    StorageName("ParentHash", "name of the block before (02.3)", "System"),
    StorageName("BlockHash", "names of the last 2,400 blocks", "System", "block"),
    StorageName("Digest", "who made the block, and in which slot", "System"),
    StorageName("Events", "what happened in the newest block", "System"),
    StorageName("TotalIssuance", "all TAO that there is, rao", "Balances"),
    StorageName("NextFeeMultiplier", "how full blocks are, in the fee", "TransactionPayment"),
    StorageName("Now", "time of the newest block, ms", "Timestamp"),
)
