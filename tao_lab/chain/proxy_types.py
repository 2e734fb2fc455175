"""What each kind of proxy may call for the account that it stands for.

Source: `define_proxy_filters!` and `impl InstanceFilter for ProxyType` in `runtime/src/lib.rs`. Calls that only the
newer metadata has are judged as the older calls that they extend (`TWINS`). `BasketTrading` is in the newer metadata
only, and may call nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tao_lab.chain.dispatch import Call

ANY, NON_TRANSFER, TRANSFER, SMALL_TRANSFER = "Any", "NonTransfer", "Transfer", "SmallTransfer"
SMALL_TRANSFER_LIMIT = 500_000_000  # rao, and of alpha


DEPRECATED = ("Triumvirate", "Senate", "Governance", "RootWeights")
TWINS = {  # calls newer than the rules, and the older calls whose filters they inherit
    ("SubtensorModule", new): ("SubtensorModule", old)
    for new, old in (
        ("transfer_stake_and_hotkey", "transfer_stake"),
        ("move_stake_limit", "move_stake"),
        ("claim_root_with_hotkey", "claim_root"),
        ("stake_into_basket", "add_stake"),
        ("swap_basket", "swap_stake"),
        ("add_collateral", "add_stake"),
        ("set_min_collateral", "add_stake"),
    )
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
    """A list of calls, allowed or denied; `*` stands for all of a pallet.

    Attributes:
        denies: Whether the list is of what is forbidden.
        calls: Pallet and name.
        exceptions: Calls of the list for which the opposite holds.
        conditions: What must hold besides for a call of the list.
    """

    denies: bool
    calls: frozenset[tuple[str, str]] = frozenset()
    exceptions: frozenset[tuple[str, str]] = frozenset()
    conditions: Mapping[str, Below | Wraps] | None = None

    def allows(self, call: Call) -> bool:
        """Whether the call may be made."""
        condition = self.condition(call.pallet, call.name)
        return self.names(call.pallet, call.name) and (condition is None or condition.holds(call))

    def names(self, pallet: str, name: str) -> bool:
        """Whether a call of that name may be made, if its condition holds."""
        made = TWINS.get((pallet, name), (pallet, name))
        listed = (made in self.calls or (pallet, "*") in self.calls) and made not in self.exceptions
        return listed != self.denies

    def condition(self, pallet: str, name: str) -> Below | Wraps | None:
        """What must hold besides for a call of that name."""
        return (self.conditions or {}).get(TWINS.get((pallet, name), (pallet, name))[1])


ALL, NOTHING = Filter(denies=True), Filter(denies=False)
COLDKEY_SWAPS = _calls(
    "SubtensorModule",
    "announce_coldkey_swap swap_coldkey_announced clear_coldkey_swap_announcement dispute_coldkey_swap",
)
OLD_COLDKEY_SWAPS = _calls("SubtensorModule", "schedule_swap_coldkey swap_coldkey")
BALANCES = _calls("Balances", "*")
OWNER_HOTKEYS = _calls("AdminUtils", "sudo_set_sn_owner_hotkey sudo_set_subnet_owner_hotkey")

FILTERS = {
    ANY: ALL,
    NON_TRANSFER: Filter(
        True, BALANCES | COLDKEY_SWAPS | OLD_COLDKEY_SWAPS | _calls("SubtensorModule", "transfer_stake")
    ),
    "NonFungible": Filter(
        True,
        BALANCES
        | COLDKEY_SWAPS
        | OLD_COLDKEY_SWAPS
        | _calls(
            "SubtensorModule",
            "add_stake add_stake_limit remove_stake remove_stake_limit remove_stake_full_limit unstake_all "
            "unstake_all_alpha swap_stake swap_stake_limit move_stake transfer_stake burned_register root_register "
            "swap_hotkey swap_hotkey_v2",
        ),
    ),
    TRANSFER: Filter(
        False,
        _calls("Balances", "transfer_keep_alive transfer_allow_death transfer_all")
        | _calls("SubtensorModule", "transfer_stake"),
    ),
    SMALL_TRANSFER: Filter(
        False,
        _calls("Balances", "transfer_keep_alive transfer_allow_death") | _calls("SubtensorModule", "transfer_stake"),
        conditions={
            "transfer_keep_alive": Below("value"),
            "transfer_allow_death": Below("value"),
            "transfer_stake": Below("alpha_amount"),
        },
    ),
    "Owner": Filter(
        False,
        _calls("AdminUtils", "*") | _calls("SubtensorModule", "set_subnet_identity update_symbol"),
        OWNER_HOTKEYS,
    ),
    "NonCritical": Filter(
        True,
        COLDKEY_SWAPS
        | _calls("Sudo", "*")
        | _calls("SubtensorModule", "dissolve_network root_register burned_register"),
    ),
    "Staking": Filter(
        False,
        _calls(
            "SubtensorModule",
            "add_stake remove_stake unstake_all unstake_all_alpha swap_stake swap_stake_limit move_stake "
            "add_stake_limit remove_stake_limit remove_stake_full_limit set_root_claim_type",
        ),
    ),
    "Registration": Filter(False, _calls("SubtensorModule", "burned_register register register_limit")),
    "ChildKeys": Filter(False, _calls("SubtensorModule", "set_children set_childkey_take")),
    "SudoUncheckedSetCode": Filter(
        False,
        _calls("Sudo", "sudo_unchecked_weight"),
        conditions={"sudo_unchecked_weight": Wraps("call", "System", "set_code")},
    ),
    "SwapHotkey": Filter(False, _calls("SubtensorModule", "swap_hotkey swap_hotkey_v2")),
    "SubnetLeaseBeneficiary": Filter(
        False,
        _calls("SubtensorModule", "start_call")
        | _calls(
            "AdminUtils",
            "sudo_set_serving_rate_limit sudo_set_min_difficulty sudo_set_max_difficulty "
            "sudo_set_weights_version_key sudo_set_adjustment_alpha sudo_set_immunity_period "
            "sudo_set_min_allowed_weights sudo_set_kappa sudo_set_rho sudo_set_activity_cutoff "
            "sudo_set_network_registration_allowed sudo_set_network_pow_registration_allowed sudo_set_max_burn "
            "sudo_set_bonds_moving_average sudo_set_bonds_penalty sudo_set_commit_reveal_weights_enabled "
            "sudo_set_liquid_alpha_enabled sudo_set_alpha_values sudo_set_commit_reveal_weights_interval "
            "sudo_set_toggle_transfer sudo_set_subnet_emission_enabled sudo_set_min_childkey_take_per_subnet",
        ),
    ),
    "RootClaim": Filter(False, _calls("SubtensorModule", "claim_root")),
    "BasketTrading": NOTHING,
    **dict.fromkeys(DEPRECATED, NOTHING),
}


def is_superset(one: str, other: str) -> bool:
    """Whether a proxy of kind `one` may do all that one of kind `other` may."""
    if one in (other, ANY):
        return True
    if other == ANY:
        return False
    if one == NON_TRANSFER:
        return other not in (TRANSFER, SMALL_TRANSFER)
    return (one, other) == (TRANSFER, SMALL_TRANSFER)
