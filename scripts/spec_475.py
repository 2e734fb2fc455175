"""What spec 475 has and the fixture of spec 461 doesn't: the table by which `make_metadata.py` patches.

Sources, all public: the SDK's generated modules (`bittensor._generated` of 11.3.0, made from the commit of spec 475)
name every call, argument, storage item, error and runtime API in order. The storage layout of mainnet at spec 475
(NoBSRecruiter/tao-subnet-trader, tests/fixtures/golden/metadata_storage_spec475.json) has hashers, keys and defaults.
The reviews of the runtimes 470, 473 and 475 (Ryanmello07/sn, docs) have the numbers of calls and events, and
`macros/events.rs` and `admin-utils/src/lib.rs` of RaoFoundation/subtensor have the fields of events.

A type is written as its source writes it. `make_metadata.py` finds its number in the registry by that text.
"""

from __future__ import annotations

from dataclasses import dataclass

SPEC_VERSION = 475
OLD_AND_NEW_SPEC = (461, SPEC_VERSION)  # in the constant System.Version
API_VERSIONS = {"BetaBasketRuntimeApi": (4, 5)}  # there, too: the claim previews (spec 468)

Fields = tuple[tuple[str, str], ...]  # name (empty in a tuple) and type


@dataclass(frozen=True)
class Variant:
    """A call, an event or another case of an enum, and its number."""

    name: str
    index: int
    fields: Fields = ()


@dataclass(frozen=True)
class Item:
    """A storage item, behind the item `after` of its pallet; `keys` are (hasher, type); `default` is SCALE in hex."""

    pallet: str
    after: str
    name: str
    value: str
    keys: tuple[tuple[str, str], ...] = ()
    default: str = ""  # empty: an absent value is None


LEG = "(NetUid, NetUid, AlphaBalance, u64)"
SUBTENSOR, ADMIN = ("pallet_subtensor", "pallet"), ("pallet_admin_utils", "pallet")
NEW_ENUMS = {(*SUBTENSOR, "EpochConsensus"): (Variant("Yuma", 0), Variant("Null", 1))}
NEW_STRUCTS = {
    ("pallet_subtensor", "rpc_info", "basket_info", "BasketClaimPreview"): (
        ("hotkey", "AccountId32"),
        ("owed_shares", "u64"),
        ("accrued_tao", "TaoBalance"),
        ("redeemable_tao", "TaoBalance"),
        ("forfeited_tao_est", "TaoBalance"),
        ("rows", "u32"),
        ("rows_to_sell", "u32"),
        ("dust_rows", "u32"),
        ("swept", "u32"),
        ("flushed_credits", "u32"),
    )
}
NEW_TUPLES = (LEG,)
NEW_LISTS = (f"Vec<{LEG}>", "Vec<BasketClaimPreview>")
NEW_BOUNDED = (f"BoundedVec<{LEG}>",)  # at most 64 legs; a bound is not in the metadata
NEW_OPTIONS = ("Option<BasketClaimPreview>",)

VARIANTS = {  # of an enum that 461 has: the new ones, and those that moved
    (*SUBTENSOR, "Call"): (
        Variant("swap_basket_many", 151, (("hotkey", "AccountId32"), ("legs", f"BoundedVec<{LEG}>"))),
        Variant(
            "pow_register",
            152,
            (
                ("netuid", "NetUid"),
                ("work_block", "u64"),
                ("nonce", "u64"),
                ("work", "[u8; 32]"),
                ("hotkey", "AccountId32"),
            ),
        ),
    ),
    (*ADMIN, "Call"): (
        Variant(
            "sudo_set_basket_claim_dust",
            110,
            (("row_cap_rao", "u64"), ("row_bps", "u16"), ("slice_rao", "u64"), ("forfeit_cap_rao", "u64")),
        ),
        Variant("sudo_set_epoch_consensus", 111, (("netuid", "NetUid"), ("mode", "EpochConsensus"))),
        Variant("sudo_trim_null_uids_batch", 112, (("netuid", "NetUid"), ("target", "u16"))),
        Variant("sudo_set_basket_min_trade_tao", 113, (("min_trade_rao", "u64"),)),
    ),
    (*SUBTENSOR, "Event"): (
        Variant(
            "SubnetLeaseDividendSkipped",
            149,
            (("lease_id", "u32"), ("contributor", "AccountId32"), ("alpha", "AlphaBalance")),
        ),
        Variant("SharePoolDenominatorReconciled", 150, (("hotkey", "AccountId32"), ("netuid", "NetUid"))),
        Variant("BasketSwapped", 151),
        Variant(
            "BasketClaimDustSkipped",
            152,
            (
                ("hotkey", "AccountId32"),
                ("coldkey", "AccountId32"),
                ("rows", "u32"),
                ("forfeited_tao_est", "TaoBalance"),
            ),
        ),
        Variant(
            "NetworkRegistrationCancelled",
            153,
            (("coldkey", "AccountId32"), ("hotkey", "AccountId32"), ("lock_id", "u32"), ("error", "DispatchError")),
        ),
        Variant("EpochConsensusSet", 154, (("", "NetUid"), ("", "EpochConsensus"))),
        Variant(
            "NullUidsPruningProgress",
            155,
            (
                ("netuid", "NetUid"),
                ("target", "u16"),
                ("remaining", "u16"),
                ("removed", "u16"),
                ("cleared_commits", "u32"),
            ),
        ),
    ),
    (*ADMIN, "Event"): (
        Variant(
            "BasketClaimDustSet",
            13,
            (("row_cap_rao", "u64"), ("row_bps", "u16"), ("slice_rao", "u64"), ("forfeit_cap_rao", "u64")),
        ),
        Variant("BasketMinTradeTaoSet", 14, (("min_trade_rao", "u64"),)),
    ),
    ("pallet_subtensor", "utils", "rate_limiting", "Hyperparameter"): (
        Variant("EpochConsensus", 35),
        Variant("BurnRegistrationAllowed", 36),
    ),
}
# The errors of these pallets, their numbers and their sentences are those of `bittensor._generated.errors`.
ERRORS = {"SubtensorModule": (*SUBTENSOR, "Error")}

MODULE = "SubtensorModule"
NETUID = (("Identity", "NetUid"),)
ITEMS = (
    Item(
        MODULE,
        "LastHotkeySwapOnNetuid",
        "StakeMoveCooldownUntil",
        "u64",
        (*NETUID, ("Blake2_128Concat", "AccountId32")),
        "00" * 8,
    ),
    Item(
        MODULE,
        "NetworkPowRegistrationAllowed",
        "LastPowRegistrationBlock",
        "u64",
        (("Blake2_128Concat", "AccountId32"),),
    ),
    Item(MODULE, "LastMechansimStepBlock", "LastYumaStepBlock", "u64", NETUID),
    Item(MODULE, "LastYumaStepBlock", "NullPruningTarget", "u16", NETUID),
    Item(MODULE, "NullPruningTarget", "SavedYumaMaxAllowedValidators", "u16", NETUID),
    Item(MODULE, "LiquidAlphaConsensusMode", "SubnetEpochConsensus", "EpochConsensus", NETUID, "00"),
    Item(
        MODULE,
        "NetworkRegistrationLockId",
        "NetworkRegistrationEscrow",
        "(AccountId32, TaoBalance)",
        (("Identity", "u32"),),
    ),
    Item(MODULE, "BasketDailyTurnoverCap", "BasketMinTradeTao", "u64", (), "0065cd1d00000000"),
    Item(MODULE, "BasketLiquidityCap", "BasketClaimRowDustCapTao", "u64", (), "00ca9a3b00000000"),
    Item(MODULE, "BasketClaimRowDustCapTao", "BasketClaimRowDustBps", "u16", (), "0a00"),
    Item(MODULE, "BasketClaimRowDustBps", "BasketClaimSliceDustTao", "u64", (), "a086010000000000"),
    Item(MODULE, "BasketClaimSliceDustTao", "BasketClaimForfeitCapTao", "u64", (), "8096980000000000"),
    Item(
        MODULE,
        "BasketTradeBucket",
        "BasketLiquidityUsed",
        "(u64, u64)",
        (("Blake2_128Concat", "AccountId32"), *NETUID),
    ),
    Item(
        MODULE,
        "AccumulatedLeaseDividends",
        "SubnetLeaseUnpaidDividends",
        "AlphaBalance",
        (("Twox64Concat", "u32"), ("Identity", "AccountId32")),
        "00" * 8,
    ),
    # Its value has an account, which has no default: so an absent cursor can only be None.
    Item("Commitments", "TimelockedIndex", "TimelockRevealCursor", "(NetUid, AccountId32)"),
)
REMOVED_ITEMS = {(MODULE, "TotalHotkeyShares"), (MODULE, "Alpha"), (MODULE, "AlphaMapLastKey")}
DEFAULTS = {(MODULE, "NetworkPowRegistrationAllowed"): ("01", "00")}  # of 461, of 475

METHODS = {  # runtime API: name, inputs, output
    "BetaBasketRuntimeApi": (
        (
            "get_basket_claim_preview",
            (("hotkey", "AccountId32"), ("coldkey", "AccountId32")),
            "Option<BasketClaimPreview>",
        ),
        ("get_root_basket_claim_previews", (("coldkey", "AccountId32"),), "Vec<BasketClaimPreview>"),
    )
}
