"""The storage items that lab 01 is about."""

from tao_lab.course.realcode import StorageName

REAL_NAMES = (
    StorageName("Account", "nonce and balance of an account, rao", "System", "account"),
    StorageName("Owner", "which coldkey owns a hotkey", keys="hotkey"),
    StorageName("OwnedHotkeys", "the hotkeys of a coldkey", keys="coldkey"),
    StorageName("Delegates", "a validator's take of its nominators' dividends, u16", keys="hotkey"),
    StorageName("ColdkeySwapAnnouncements", "where a coldkey is about to move, and when it may", keys="coldkey"),
)
