"""SubnetInfoRuntimeApi: a subnet's data, pool and hyperparameters; and SubnetRegistrationRuntimeApi.

The metagraph belongs to the same API, but has its own file.

Sources: `pallets/subtensor/src/rpc_info/{subnet_info,dynamic_info}.rs`, `runtime/src/lib.rs`.
"""

from __future__ import annotations

from typing import Any

from tao_lab.chain.dispatch import Query, runtime_api
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID, all_netuids, subnet_exists
from tao_lab.chain.pallets.subtensor.subnet_names import subnet_name
from tao_lab.chain.pallets.subtensor.subnets import netuid_to_prune, network_lock_cost
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid
from tao_lab.chain.pallets.subtensor.tempo import activity_cutoff_blocks, next_epoch_start_block
from tao_lab.chain.runtime import octets
from tao_lab.chain.state import StorageReader
from tao_lab.economy.block_emission import block_emission
from tao_lab.units import U16_MAX

API = "SubnetInfoRuntimeApi"
STEEPNESS_BITS = 32  # I32F32

INFO = {
    "rho": "Rho",
    "kappa": "Kappa",
    "difficulty": "Difficulty",
    "immunity_period": "ImmunityPeriod",
    "max_allowed_validators": "MaxAllowedValidators",
    "min_allowed_weights": "MinAllowedWeights",
    "scaling_law_power": "ScalingLawPower",
    "subnetwork_n": "SubnetworkN",
    "max_allowed_uids": "MaxAllowedUids",
    "blocks_since_last_step": "BlocksSinceLastStep",
    "tempo": "Tempo",
    "burn": "Burn",
    "owner": "SubnetOwner",
}
POOL = {
    "owner_hotkey": "SubnetOwnerHotkey",
    "owner_coldkey": "SubnetOwner",
    "tempo": "Tempo",
    "last_step": "LastMechansimStepBlock",
    "alpha_in": "SubnetAlphaIn",
    "alpha_out": "SubnetAlphaOut",
    "tao_in": "SubnetTAO",
    "alpha_out_emission": "SubnetAlphaOutEmission",
    "alpha_in_emission": "SubnetAlphaInEmission",
    "tao_in_emission": "SubnetTaoInEmission",
    "subnet_volume": "SubnetVolume",
    "moving_price": "SubnetMovingPrice",
    "network_registered_at": "NetworkRegisteredAt",
}
HYPERPARAMS = {
    "rho": "Rho",
    "kappa": "Kappa",
    "immunity_period": "ImmunityPeriod",
    "min_allowed_weights": "MinAllowedWeights",
    "tempo": "Tempo",
    "min_difficulty": "MinDifficulty",
    "max_difficulty": "MaxDifficulty",
    "weights_version": "WeightsVersionKey",
    "weights_rate_limit": "WeightsSetRateLimit",
    "adjustment_interval": "AdjustmentInterval",
    "registration_allowed": "NetworkRegistrationAllowed",
    "target_regs_per_interval": "TargetRegistrationsPerInterval",
    "min_burn": "MinBurn",
    "max_burn": "MaxBurn",
    "bonds_moving_avg": "BondsMovingAverage",
    "max_regs_per_block": "MaxRegistrationsPerBlock",
    "serving_rate_limit": "ServingRateLimit",
    "max_validators": "MaxAllowedValidators",
    "adjustment_alpha": "AdjustmentAlpha",
    "difficulty": "Difficulty",
    "commit_reveal_period": "RevealPeriodEpochs",
    "commit_reveal_weights_enabled": "CommitRevealWeightsEnabled",
    "liquid_alpha_enabled": "LiquidAlphaOn",
    "subnet_is_active": "SubtokenEnabled",
    "transfers_enabled": "TransferToggle",
    "bonds_reset_enabled": "BondsResetOn",
    "activity_cutoff_factor": "ActivityCutoffFactorMilli",
    "burn_half_life": "BurnHalfLife",
    "burn_increase_mult": "BurnIncreaseMult",
    "owner_cut_enabled": "OwnerCutEnabled",
    "owner_cut_auto_lock_enabled": "OwnerCutAutoLockEnabled",
}
V3 = (  # name and `HyperparamValue`, in the order of the answer
    ("kappa", "U16"),
    ("immunity_period", "U16"),
    ("min_allowed_weights", "U16"),
    ("max_weights_limit", "U16"),
    ("tempo", "U16"),
    ("weights_version", "U64"),
    ("weights_rate_limit", "U64"),
    ("activity_cutoff", "U64"),
    ("activity_cutoff_factor", "U32"),
    ("registration_allowed", "Bool"),
    ("target_regs_per_interval", "U16"),
    ("min_burn", "TaoBalance"),
    ("max_burn", "TaoBalance"),
    ("burn_half_life", "U16"),
    ("burn_increase_mult", "U64F64"),
    ("bonds_moving_avg", "U64"),
    ("max_regs_per_block", "U16"),
    ("serving_rate_limit", "U64"),
    ("max_validators", "U16"),
    ("commit_reveal_period", "U64"),
    ("commit_reveal_weights_enabled", "Bool"),
    ("alpha_high", "U16"),
    ("alpha_low", "U16"),
    ("liquid_alpha_enabled", "Bool"),
    ("alpha_sigmoid_steepness", "I32F32"),
    ("yuma_version", "U16"),
    ("subnet_is_active", "Bool"),
    ("transfers_enabled", "Bool"),
    ("bonds_reset_enabled", "Bool"),
    ("user_liquidity_enabled", "Bool"),
    ("owner_cut_enabled", "Bool"),
    ("owner_cut_auto_lock_enabled", "Bool"),
    ("min_childkey_take", "U16"),
)


def read_items(state: StorageReader, netuid: int, items: dict[str, str]) -> dict[str, Any]:
    """The values of items with the key netuid, under the names of an answer."""
    return {name: state.get(MODULE, item, netuid) for name, item in items.items()}


# --- info -------------------------------------------------------------------------------------------------------


def _info(state: StorageReader, netuid: int) -> dict[str, Any] | None:
    if not subnet_exists(state, netuid):
        return None
    return {
        **read_items(state, netuid, INFO),
        "netuid": netuid,
        "max_weights_limit": U16_MAX,
        "network_modality": 0,
        "network_connect": [],
        "emission_values": 0,  # no longer used
        "emission_value": 0,
        "identity": state.get(MODULE, "SubnetIdentitiesV3", netuid),
    }


@runtime_api(API)
def get_subnet_info(query: Query, netuid: int) -> dict[str, Any] | None:
    """A subnet."""
    return _info(query.state, netuid)


@runtime_api(API)
def get_subnet_info_v2(query: Query, netuid: int) -> dict[str, Any] | None:
    """A subnet and its identity."""
    return _info(query.state, netuid)


@runtime_api(API)
def get_subnets_info(query: Query) -> list[dict[str, Any] | None]:
    """All subnets, by netuid."""
    return [_info(query.state, netuid) for netuid in sorted(all_netuids(query.state))]


@runtime_api(API)
def get_subnets_info_v2(query: Query) -> list[dict[str, Any] | None]:
    """All subnets and their identities, by netuid."""
    return get_subnets_info(query)


# --- pools ------------------------------------------------------------------------------------------------------


def pool_info(query: Query, netuid: int) -> dict[str, Any]:
    """The fields that dynamic info and metagraph share."""
    state = query.state
    found = read_items(state, netuid, POOL)
    pending = (state.get(MODULE, item, netuid) for item in ("PendingValidatorEmission", "PendingServerEmission"))
    return {
        **found,
        "netuid": netuid,
        "blocks_since_last_step": max(query.block - found["last_step"], 0),
        "pending_alpha_emission": sum(pending),
        "pending_root_emission": 0,  # root has been paid in alpha since 2025
    }


def name_and_symbol(state: StorageReader, netuid: int) -> tuple[list[int], list[int]]:
    """Bytes of the name and of the token's symbol."""
    return list(octets(subnet_name(state, netuid))), list(octets(state.get(MODULE, "TokenSymbol", netuid)))


@runtime_api(API)
def get_dynamic_info(query: Query, netuid: int) -> dict[str, Any] | None:
    """A subnet's pool, price and emission."""
    if not subnet_exists(query.state, netuid):
        return None
    name, symbol = name_and_symbol(query.state, netuid)
    return {
        **pool_info(query, netuid),
        "subnet_name": name,
        "token_symbol": symbol,
        "emission": 0,  # no longer used
        "subnet_identity": query.state.get(MODULE, "SubnetIdentitiesV3", netuid),
    }


@runtime_api(API)
def get_all_dynamic_info(query: Query) -> list[dict[str, Any] | None]:
    """The pools of all subnets, in the order of the chain's storage."""
    return [get_dynamic_info(query, netuid) for netuid in all_netuids(query.state)]


# --- hyperparameters --------------------------------------------------------------------------------------------


def hyperparameters(state: StorageReader, netuid: int) -> dict[str, Any]:
    """All hyperparameters of a subnet by the names of the answers."""
    low, high = state.get(MODULE, "AlphaValues", netuid)
    takes = state.get(MODULE, "MinChildkeyTakePerSubnet", netuid), state.get(MODULE, "MinChildkeyTake")
    return {
        **read_items(state, netuid, HYPERPARAMS),
        "max_weights_limit": U16_MAX,
        "activity_cutoff": activity_cutoff_blocks(state, netuid),
        "alpha_low": low,
        "alpha_high": high,
        "alpha_sigmoid_steepness": {"bits": state.get(MODULE, "AlphaSigmoidSteepness", netuid) << STEEPNESS_BITS},
        "yuma_version": 3 if state.get(MODULE, "Yuma3On", netuid) else 2,
        "user_liquidity_enabled": False,
        "min_childkey_take": max(takes),
    }


@runtime_api(API)
def get_subnet_hyperparams(query: Query, netuid: int) -> dict[str, Any] | None:
    """Hyperparameters of a subnet, in the form of the first version."""
    return hyperparameters(query.state, netuid) if subnet_exists(query.state, netuid) else None


@runtime_api(API)
def get_subnet_hyperparams_v2(query: Query, netuid: int) -> dict[str, Any] | None:
    """Hyperparameters of a subnet, in the form of the second version."""
    return get_subnet_hyperparams(query, netuid)


@runtime_api(API)
def get_subnet_hyperparams_v3(query: Query, netuid: int) -> list[dict[str, Any]] | None:
    """Hyperparameters of a subnet as a list of names and values, which can grow."""
    if not subnet_exists(query.state, netuid):
        return None
    values = hyperparameters(query.state, netuid)
    return [{"name": name, "value": {kind: values[name]}} for name, kind in V3]


# --- others -----------------------------------------------------------------------------------------------------


@runtime_api(API)
def get_coldkey_auto_stake_hotkey(query: Query, coldkey: str, netuid: int) -> str | None:
    """Hotkey on which the earnings of a coldkey's miners are staked."""
    found: str | None = query.state.get(MODULE, "AutoStakeDestination", coldkey, netuid)
    return found


@runtime_api(API)
def get_subnet_account_id(query: Query, netuid: int) -> str | None:
    """Account that holds the TAO of a subnet."""
    exists = netuid == ROOT_NETUID or query.state.exists(MODULE, "NetworksAdded", netuid)
    return account_of_netuid(netuid) if exists else None


@runtime_api(API)
def get_next_epoch_start_block(query: Query, netuid: int) -> int | None:
    """Block of a subnet's next epoch; for a missing subnet, the default tempo is used."""
    return next_epoch_start_block(query.state, netuid)


@runtime_api(API)
def get_block_emission(query: Query) -> int:
    """TAO that a block creates with today's issuance, rao."""
    return block_emission(query.state.get(MODULE, "TotalIssuance"))


@runtime_api(API)
def get_subnet_to_prune(query: Query) -> int | None:
    """The subnet that a new one would replace on a full network."""
    return netuid_to_prune(query.state, query.block)


@runtime_api("SubnetRegistrationRuntimeApi")
def get_network_registration_cost(query: Query) -> int:
    """TAO that a new subnet locks, rao."""
    return network_lock_cost(query.state, query.block)
