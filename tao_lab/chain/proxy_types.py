"""The calls that each kind of proxy may make for its account.

The three broad kinds are told by what they forbid. None of them reaches sudo, and none reaches a call that carries
out another one for somebody else, where the filter would no longer look: a multisig's, a crowdloan's, a sealed one
that is stored.

Source: `runtime/src/proxy_filters/mod.rs` of spec 475, whose tests name the groups; the content of most groups is that
of `call_groups.rs` before 475. Calls that no stored version names are treated like the older calls that they extend
(`TWINS`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tao_lab.chain.dispatch import Call

ANY, NON_TRANSFER, TRANSFER, SMALL_TRANSFER = "Any", "NonTransfer", "Transfer", "SmallTransfer"
SMALL_TRANSFER_LIMIT = 500_000_000  # rao of TAO, or of alpha


DEPRECATED = ("Triumvirate", "Senate", "Governance", "RootWeights")
TWINS = {  # calls newer than the stored filters, and the older calls whose filters they inherit
    ("SubtensorModule", "swap_basket_many"): ("SubtensorModule", "swap_basket"),
    ("AdminUtils", "sudo_set_epoch_consensus"): ("AdminUtils", "sudo_set_yuma3_enabled"),
    ("AdminUtils", "sudo_trim_null_uids_batch"): ("AdminUtils", "sudo_trim_to_max_allowed_uids"),
}


def _calls(pallet: str, names: str) -> frozenset[tuple[str, str]]:
    return frozenset((pallet, name) for name in names.split())


@dataclass(frozen=True)
class Below:
    """An argument that must be less than a limit (`ParamLessThan`)."""

    argument: str
    limit: int = SMALL_TRANSFER_LIMIT

    def holds(self, call: Call) -> bool:
        """Whether it is."""
        return int(call.args[self.argument]) < self.limit


@dataclass(frozen=True)
class Wraps:
    """An argument that must be a certain call (`NestedCallMustBe`)."""

    argument: str
    pallet: str
    name: str

    def holds(self, call: Call) -> bool:
        """Whether it is."""
        inner: Call = call.args[self.argument]
        return (inner.pallet, inner.name) == (self.pallet, self.name)


@dataclass(frozen=True)
class Filter:
    """A list of calls, allowed or denied; `*` means all calls of a pallet.

    Attributes:
        denies: Whether the list contains the forbidden calls.
        calls: Pallet and name.
        conditions: Additional conditions for calls of the list.
    """

    denies: bool
    calls: frozenset[tuple[str, str]] = frozenset()
    conditions: Mapping[str, Below | Wraps] | None = None

    def allows(self, call: Call) -> bool:
        """Whether the call may be made."""
        condition = self.condition(call.pallet, call.name)
        return self.names(call.pallet, call.name) and (condition is None or condition.holds(call))

    def names(self, pallet: str, name: str) -> bool:
        """Whether a call of this name may be made, if its condition is true."""
        made = TWINS.get((pallet, name), (pallet, name))
        listed = made in self.calls or (pallet, "*") in self.calls
        return listed != self.denies

    def condition(self, pallet: str, name: str) -> Below | Wraps | None:
        """The additional condition for a call of this name."""
        return (self.conditions or {}).get(TWINS.get((pallet, name), (pallet, name))[1])


ALL, NOTHING = Filter(denies=True), Filter(denies=False)
COLDKEY_SWAPS = _calls(
    "SubtensorModule",
    "announce_coldkey_swap swap_coldkey_announced clear_coldkey_swap_announcement dispute_coldkey_swap "
    "reset_coldkey_swap schedule_swap_coldkey swap_coldkey",
)
BALANCES = _calls("Balances", "*")
STAKE_TRANSFERS = _calls("SubtensorModule", "transfer_stake transfer_stake_and_hotkey")
STAKE_MANAGEMENT = _calls(
    "SubtensorModule",
    "add_stake add_stake_limit remove_stake remove_stake_limit remove_stake_full_limit unstake_all unstake_all_alpha "
    "move_stake move_stake_limit swap_stake swap_stake_limit stake_into_basket add_collateral set_min_collateral",
)
BASKET_TRADING = _calls("SubtensorModule", "swap_basket")
BOUGHT_SEATS = _calls("SubtensorModule", "burned_register register register_limit")
ROOT_SEAT = _calls("SubtensorModule", "root_register")
HOTKEY_SWAPS = _calls("SubtensorModule", "swap_hotkey swap_hotkey_v2")
VALUE = _calls(  # what spends, locks or destroys TAO or alpha (since spec 459)
    "SubtensorModule",
    "add_stake_burn lock_stake move_lock set_perpetual_lock recycle_alpha burn_alpha register_network "
    "register_network_with_identity register_leased_network",
)
CONTRACTS = _calls("EVM", "*") | _calls("Ethereum", "*") | _calls("Contracts", "*")
ELSEWHERE = (  # no broad kind may call these
    _calls("Sudo", "*")
    | _calls("Multisig", "*")
    | _calls("Crowdloan", "*")
    | _calls("MevShield", "store_encrypted")
    | _calls("AdminUtils", "sudo_set_sn_owner_hotkey")
)
END_OF_A_SUBNET = _calls("SubtensorModule", "dissolve_network root_dissolve_network")
SUBNET_IDENTITY = _calls("SubtensorModule", "set_subnet_identity update_symbol")
SUBNET_MANAGEMENT = _calls("SubtensorModule", "set_tempo set_activity_cutoff_factor") | _calls(
    "AdminUtils",
    "sudo_set_serving_rate_limit sudo_set_max_difficulty sudo_set_weights_version_key sudo_set_adjustment_alpha "
    "sudo_set_immunity_period sudo_set_min_allowed_weights sudo_set_rho sudo_set_activity_cutoff "
    "sudo_set_activity_cutoff_factor sudo_set_tempo sudo_set_min_burn sudo_set_max_burn sudo_set_bonds_moving_average "
    "sudo_set_bonds_penalty sudo_set_min_childkey_take_per_subnet sudo_set_commit_reveal_weights_enabled "
    "sudo_set_liquid_alpha_enabled sudo_set_alpha_values sudo_set_liquid_alpha_consensus_mode "
    "sudo_set_commit_reveal_weights_interval sudo_set_toggle_transfer sudo_set_recycle_or_burn "
    "sudo_set_alpha_sigmoid_steepness sudo_set_yuma3_enabled sudo_set_bonds_reset_enabled "
    "sudo_set_owner_immune_neuron_limit sudo_set_mechanism_count sudo_set_mechanism_emission_split "
    "sudo_trim_to_max_allowed_uids sudo_set_max_allowed_uids sudo_set_burn_half_life sudo_set_burn_increase_mult "
    "sudo_set_owner_cut_enabled sudo_set_owner_cut_auto_lock_enabled sudo_set_collateral_lock_share "
    "sudo_set_collateral_drain_ratio",
)

FILTERS = {
    ANY: ALL,
    NON_TRANSFER: Filter(True, BALANCES | STAKE_TRANSFERS | COLDKEY_SWAPS | CONTRACTS | ELSEWHERE | BASKET_TRADING),
    "NonFungible": Filter(
        True,
        BALANCES
        | STAKE_TRANSFERS
        | STAKE_MANAGEMENT
        | BASKET_TRADING
        | BOUGHT_SEATS
        | ROOT_SEAT
        | HOTKEY_SWAPS
        | COLDKEY_SWAPS
        | CONTRACTS
        | ELSEWHERE
        | VALUE,
    ),
    TRANSFER: Filter(
        False,
        _calls("Balances", "transfer_keep_alive transfer_allow_death transfer_all") | STAKE_TRANSFERS,
    ),
    SMALL_TRANSFER: Filter(
        False,
        _calls("Balances", "transfer_keep_alive transfer_allow_death") | STAKE_TRANSFERS,
        conditions={
            "transfer_keep_alive": Below("value"),
            "transfer_allow_death": Below("value"),
            "transfer_stake": Below("alpha_amount"),
            "transfer_stake_and_hotkey": Below("alpha_amount"),
        },
    ),
    "Owner": Filter(False, SUBNET_IDENTITY | SUBNET_MANAGEMENT),
    "NonCritical": Filter(
        True, COLDKEY_SWAPS | END_OF_A_SUBNET | ROOT_SEAT | BOUGHT_SEATS | ELSEWHERE | BASKET_TRADING
    ),
    "Staking": Filter(False, STAKE_MANAGEMENT),
    "Registration": Filter(False, BOUGHT_SEATS | _calls("SubtensorModule", "pow_register")),
    "ChildKeys": Filter(False, _calls("SubtensorModule", "set_children set_childkey_take")),
    "SudoUncheckedSetCode": Filter(
        False,
        _calls("Sudo", "sudo_unchecked_weight"),
        conditions={"sudo_unchecked_weight": Wraps("call", "System", "set_code")},
    ),
    "SwapHotkey": Filter(False, HOTKEY_SWAPS),
    "SubnetLeaseBeneficiary": Filter(
        False, _calls("SubtensorModule", "start_call") | SUBNET_IDENTITY | SUBNET_MANAGEMENT
    ),
    "RootClaim": Filter(False, _calls("SubtensorModule", "claim_root claim_root_with_hotkey")),
    "BasketTrading": Filter(False, BASKET_TRADING),
    **dict.fromkeys(DEPRECATED, NOTHING),
}


def is_superset(one: str, other: str) -> bool:
    """Whether a proxy of kind `one` may make every call that a proxy of kind `other` may."""
    if one in (other, ANY):
        return True
    if other == ANY:
        return False
    if one == NON_TRANSFER:
        return other not in (TRANSFER, SMALL_TRANSFER, "NonCritical", "BasketTrading", "SudoUncheckedSetCode")
    return (one, other) == (TRANSFER, SMALL_TRANSFER)
