"""What each kind of proxy may call for the account that it stands for.

Source: `define_proxy_filters!` and `impl InstanceFilter for ProxyType` in `runtime/src/lib.rs`. `BasketTrading` is in
the newer metadata only, and may call nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tao_lab.chain.dispatch import Call

ANY, NON_TRANSFER, TRANSFER, SMALL_TRANSFER = "Any", "NonTransfer", "Transfer", "SmallTransfer"
SMALL_TRANSFER_LIMIT = 500_000_000  # rao, and of alpha


def _calls(pallet: str, names: str) -> frozenset[tuple[str, str]]:
    return frozenset((pallet, name) for name in names.split())


def _below(argument: str) -> Callable[[Call], bool]:
    return lambda call: int(call.args[argument]) < SMALL_TRANSFER_LIMIT


def _wraps(pallet: str, name: str) -> Callable[[Call], bool]:
    return lambda call: any((inner.pallet, inner.name) == (pallet, name) for inner in call.inner())


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
    conditions: Mapping[str, Callable[[Call], bool]] | None = None

    def allows(self, call: Call) -> bool:
        """Whether the call may be made."""
        name = (call.pallet, call.name)
        listed = (name in self.calls or (call.pallet, "*") in self.calls) and name not in self.exceptions
        if listed and self.conditions is not None:
            listed = self.conditions[call.name](call)
        return listed != self.denies


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
            "transfer_keep_alive": _below("value"),
            "transfer_allow_death": _below("value"),
            "transfer_stake": _below("alpha_amount"),
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
        conditions={"sudo_unchecked_weight": _wraps("System", "set_code")},
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
    "Triumvirate": NOTHING,
    "Senate": NOTHING,
    "Governance": NOTHING,
    "RootWeights": NOTHING,
    "BasketTrading": NOTHING,
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
