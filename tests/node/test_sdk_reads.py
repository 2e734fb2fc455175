"""Every read of the official SDK on a populated network: what it answers, held against the chain itself.

`TRUE` has, for each read, what must hold. `NOT_IN_LAB` are the reads that refuse. A read that is in neither fails.
"""

from collections.abc import Callable
from typing import Any

import pytest
from bittensor.reads.base import REGISTRY as READS

from tao_lab.chain.chain import Chain
from tao_lab.chain.pallets.subtensor.baskets import escrow, owed_shares, payout_of
from tao_lab.chain.pallets.subtensor.pool import current_alpha_price, read_pool
from tao_lab.chain.pallets.subtensor.stake import stake_of, stake_of_coldkey
from tao_lab.economy import swap
from tests.chain.conftest import TAO, account
from tests.node.test_sdk_registry import NO_TRADING, read_all

MODULE = "SubtensorModule"
ALICE, BOB = account("alice"), account("bob")
VALIDATOR, MINER, OTHER, SPARE = account("validator"), account("miner"), account("other"), account("spare")
NOT_IN_LAB = NO_TRADING
NOBODY = object()  # the network has none of it: an empty answer is the true one


class Truth:
    """What the chain has; alice asks about subnet 1 and about its validator."""

    def __init__(self, chain: Chain) -> None:
        self.chain, self.state, self.head = chain, chain.state, chain.head.number

    def get(self, item: str, *keys: Any) -> Any:
        return self.state.get(MODULE, item, *keys)

    def free(self, who: str) -> int:
        return int(self.state.get("System", "Account", who)["data"]["free"])

    def price(self, netuid: int) -> float:
        return current_alpha_price(self.state, netuid) / (1 << 64)

    def stakes(self) -> dict[tuple[int, str], int]:
        """Alice's."""
        places = ((0, VALIDATOR), (1, VALIDATOR), (2, OTHER))
        return {(netuid, hotkey): stake_of_coldkey(self.state, hotkey, ALICE, netuid) for netuid, hotkey in places}

    def basket(self) -> list[tuple[int, int, int]]:
        """The validator's: netuid, rao of alpha, rao of TAO that it would bring."""
        alpha = stake_of_coldkey(self.state, VALIDATOR, escrow(), 1)
        return [(1, alpha, swap(read_pool(self.state, 1, drop_fees=True), "sell", alpha).received)]

    def nav(self) -> int:
        return self.basket()[0][2]

    def owed(self) -> int:
        """What alice's part of it would bring."""
        shares = owed_shares(self.state, VALIDATOR, ALICE)
        return shares * self.nav() // self.get("BasketShares", VALIDATOR)

    def worth(self) -> int:
        return sum(int(rao * self.price(netuid)) for (netuid, _), rao in self.stakes().items())


def positions(found: list[Any]) -> dict[tuple[int, str], int]:
    assert {position.coldkey for position in found} == {ALICE}
    return {(position.netuid, position.hotkey): position.stake.rao for position in found}


def is_alices_part(found: Any, truth: Truth) -> bool:
    owed = owed_shares(truth.state, VALIDATOR, ALICE)
    return (found["hotkey"], found["beta_raw"], found["value_tao"].rao) == (VALIDATOR, owed, truth.owed())


def is_validators_fund(found: Any, truth: Truth) -> bool:
    shares, deposited = truth.get("BasketShares", VALIDATOR), truth.get("BasketDepositedTao", VALIDATOR)
    seen = (found["hotkey"], found["nav_tao"].rao, found["beta_total_raw"], found["deposited_tao"].rao)
    held = [(h["netuid"], h["alpha"].rao, h["realizable_tao"].rao) for h in found["holdings"]]
    return seen == (VALIDATOR, truth.nav(), shares, deposited) and held == truth.basket() and found["basket_rate"] > 0


def is_validators(found: Any) -> bool:
    return (found.hotkey, found.owner, round(found.take, 6)) == (VALIDATOR, ALICE, 0.179995)


def is_the_floor(found: Any) -> bool:
    amounts = [found[f"{name}_alpha"].rao for name in ("locked", "min_locked", "earned", "headroom", "shortfall")]
    return (found["hotkey"], found["coldkey"], amounts) == (VALIDATOR, ALICE, [0, 7 * TAO, 0, 0, 7 * TAO])


Holds = Callable[[Any, Truth], bool]
TRUE: dict[str, Holds | object] = {
    # --- accounts and the chain
    "balance": lambda a, t: a.rao == t.free(ALICE) > 18_000 * TAO,
    "balances": lambda a, t: {who: amount.rao for who, amount in a.items()} == {ALICE: t.free(ALICE)},
    "existential_deposit": lambda a, t: a.rao == 500,
    "proxies": lambda a, t: [(p["delegate"], p["proxy_type"], p["delay"]) for p in a["proxies"]] == [(BOB, "Any", 0)],
    "coldkey_swap_announcement": NOBODY,
    "multisig": NOBODY,
    "timestamp": lambda a, t: (a["block"], a["unix"] * 1_000) == (t.head, t.state.get("Timestamp", "Now")),
    "block_time": lambda a, t: a == 12,
    "is_fast_blocks": lambda a, t: a is False,
    "block_info": lambda a, t: a["number"] == 1 and a["extrinsics"][0] == "Timestamp.set",
    "mev_shield_next_key": lambda a, t: len(a) == 2 + 2 * 1_184,  # ML-KEM-768
    "tx_rate_limit": lambda a, t: a == t.get("TxRateLimit") == 1_000,
    # --- delegates and children
    "delegates": lambda a, t: [is_validators(d) for d in a] == [True],
    "delegate": lambda a, t: is_validators(a),
    "is_delegate": lambda a, t: a is t.state.exists(MODULE, "Delegates", VALIDATOR) is True,
    "delegate_take": lambda a, t: a["take_u16"] == t.get("Delegates", VALIDATOR) == 11_796,
    "delegated": lambda a, t: (
        {(d.netuid, d.delegate.hotkey): d.stake.rao for d in a}
        == {place: rao for place, rao in t.stakes().items() if place[1] == VALIDATOR}
    ),
    "children": NOBODY,
    "parents": NOBODY,
    "pending_children": lambda a, t: a == {"children": [], "cooldown_block": 0},
    "childkey_threshold_suspended": lambda a, t: a is False,
    # --- epochs
    "next_epoch_start_block": lambda a, t: a == t.get("LastEpochBlock", 1) + 360,
    "blocks_until_next_epoch": lambda a, t: a == t.get("LastEpochBlock", 1) + 360 - t.head,
    "blocks_since_last_step": lambda a, t: a == t.get("BlocksSinceLastStep", 1),
    "blocks_since_last_update": lambda a, t: a == t.head - t.get("LastUpdate", 1)[0],
    "epoch_status": lambda a, t: (a["tempo"], a["last_epoch_block"]) == (360, t.get("LastEpochBlock", 1)),
    # --- hyperparameters
    "weights_rate_limit": lambda a, t: a == t.get("WeightsSetRateLimit", 1) == 0,
    "difficulty": lambda a, t: a == t.get("Difficulty", 1),
    "min_allowed_weights": lambda a, t: a == 1,
    "max_weight_limit": lambda a, t: a == 65_535,
    "immunity_period": lambda a, t: a == t.get("ImmunityPeriod", 1),
    "reveal_period": lambda a, t: a == 1,
    "subnet_emission_enabled": lambda a, t: bool(a) is t.get("SubnetEmissionEnabled", 1) is False,
    "commit_reveal_enabled": lambda a, t: a is t.get("CommitRevealWeightsEnabled", 1) is False,
    "subnet_hyperparameters": lambda a, t: all(
        a[name] == t.get(item, 1)
        for name, item in {
            "kappa": "Kappa",
            "tempo": "Tempo",
            "registration_allowed": "NetworkRegistrationAllowed",
            "max_regs_per_block": "MaxRegistrationsPerBlock",
            "max_validators": "MaxAllowedValidators",
            "liquid_alpha_enabled": "LiquidAlphaOn",
            "transfers_enabled": "TransferToggle",
        }.items()
    ),
    # --- names
    "identity": lambda a, t: set(a.values()) == {"alice"},
    "hotkey_identities": NOBODY,  # asked about a hotkey that nobody has registered
    "commitment": NOBODY,
    "revealed_commitment": NOBODY,
    "commitments": lambda a, t: [(c["hotkey"], c["commitment"]) for c in a] == [(MINER, "hello")],
    "lease": NOBODY,
    "leases": NOBODY,
    "crowdloan": NOBODY,
    "crowdloans": NOBODY,
    "crowdloan_contributors": NOBODY,
    # --- locks
    "coldkey_lock": NOBODY,
    "locks_for_coldkey": NOBODY,
    "locks_for_hotkey": NOBODY,
    "accepts_locked_alpha": lambda a, t: a is False,
    "hotkey_conviction": lambda a, t: a["conviction_alpha"].rao == 0,
    "most_convicted_hotkey": NOBODY,
    "subnet_convictions": lambda a, t: (
        a["eligible_alpha"].rao == t.get("SubnetAlphaOut", 1)
        and a["threshold_alpha"].rao == t.get("SubnetAlphaOut", 1) * 18 // 100
        and a["hotkeys"] == []
    ),
    # --- collateral: alice has a floor for her validator's, and nothing is locked yet
    "miner_collateral": lambda a, t: is_the_floor(a),
    "subnet_collateral": lambda a, t: [(is_the_floor(found), found["uid"]) for found in a] == [(True, 0)],
    "collateral_policy": lambda a, t: (a["lock_share"], a["drain_ratio"]) == (0, 1),
    # --- neurons
    "neurons": lambda a, t: (
        [(n.uid, n.hotkey, n.total_stake.rao) for n in a]
        == [(uid, hotkey, stake_of(t.state, hotkey, 1)) for uid, hotkey in enumerate((VALIDATOR, MINER))]
    ),
    "hotkey_owner": lambda a, t: a == ALICE,
    "owned_hotkeys": lambda a, t: set(a) == {VALIDATOR, SPARE},
    "netuids_for_hotkey": lambda a, t: a == [0, 1],
    "uid": lambda a, t: a == 0,
    "associated_evm_key": NOBODY,
    "weights": lambda a, t: a == {0: {1: 1.0}},
    "bonds": NOBODY,
    "timelocked_weight_commits": NOBODY,
    # --- prices
    "quote_stake": lambda a, t: a.tao.rao + a.tao_fee.rao == TAO and a.alpha.rao < TAO / t.price(1),
    "quote_unstake": lambda a, t: a.alpha.rao + a.alpha_fee.rao == TAO and a.tao.rao < TAO * t.price(1),
    "alpha_price": lambda a, t: a["price_rao"] == int(t.price(1) * TAO),
    "alpha_prices": lambda a, t: a == pytest.approx({0: 1, 1: t.price(1), 2: t.price(2)}, rel=1e-8),
    # --- root
    "root_basket_owed": lambda a, t: a.rao == payout_of(t.state, VALIDATOR, ALICE) > TAO // 2,
    "root_basket_owed_breakdown": lambda a, t: [(p["hotkey"], p["owed_tao"].rao) for p in a] == [(VALIDATOR, t.owed())],
    "basket_position": lambda a, t: is_alices_part(a, t),
    "root_basket_portfolio": lambda a, t: len(a) == 1 and is_alices_part(a[0], t),
    "validator_basket": lambda a, t: [(h["netuid"], h["alpha"].rao, h["value_tao"].rao) for h in a] == t.basket(),
    "validator_basket_nav": lambda a, t: a.rao == t.nav(),
    "validator_basket_summary": lambda a, t: is_validators_fund(a, t),
    "root_baskets": lambda a, t: len(a) == 1 and is_validators_fund(a[0], t),
    "root_basket_total_nav": lambda a, t: a.rao == t.nav(),
    "root_claim_threshold": lambda a, t: a.rao == 500_000,
    # --- stake
    "stake": lambda a, t: a.rao == t.stakes()[1, VALIDATOR],
    "stake_for_coldkey": lambda a, t: positions(a) == t.stakes(),
    "stake_for_coldkeys": lambda a, t: {who: positions(found) for who, found in a.items()} == {ALICE: t.stakes()},
    "stake_value_for_coldkey": lambda a, t: (
        positions(a.positions) == t.stakes() and a.stake_value.rao == pytest.approx(t.worth(), abs=200)
    ),
    "stake_value_for_coldkeys": lambda a, t: positions(a[ALICE].positions) == t.stakes(),
    "stake_availability": lambda a, t: a["available"].rao == a["total"].rao == t.stakes()[1, VALIDATOR],
    "stake_availability_for_coldkey": lambda a, t: (
        {s["netuid"]: s["available"].rao for s in a}.items()
        <= {netuid: rao for (netuid, _), rao in t.stakes().items()}.items()
    ),
    "total_alpha_staked": lambda a, t: a.rao == sum(stake_of(t.state, hotkey, 1) for hotkey in (VALIDATOR, MINER)),
    "staking_hotkeys": lambda a, t: {VALIDATOR, OTHER} <= set(a),
    "auto_stake": NOBODY,
    "auto_stake_all": NOBODY,
    # --- subnets
    "subnet": lambda a, t: (a.netuid, a.tempo, a.burn.rao, a.neuron_count) == (1, 360, t.get("Burn", 1), 2),
    "subnets": lambda a, t: (
        [(s.netuid, s.burn.rao, s.neuron_count) for s in a]
        == [(netuid, t.get("Burn", netuid), t.get("SubnetworkN", netuid)) for netuid in (0, 1, 2)]
    ),
    "burn": lambda a, t: a.rao == t.get("Burn", 1),
    "subnet_tao_flows": NOBODY,  # the chain keeps no moving average of flows any more
    "metagraph": lambda a, t: (
        a["hotkeys"] == [VALIDATOR, MINER]
        and (a["tao_in"], a["alpha_in"]) == (t.get("SubnetTAO", 1), t.get("SubnetAlphaIn", 1))
    ),
    "subnet_identity": lambda a, t: (a["subnet_name"], a["discord"]) == ("Lab", "lab"),
    "subnet_names": lambda a, t: a == {1: "Lab"},
    "token_symbols": lambda a, t: a == {0: "Τ", 1: "α", 2: "β"},
    "subnet_start_schedule": lambda a, t: a["registered_at"] == t.get("NetworkRegisteredAt", 1),
    "mechanism_count": lambda a, t: a == 1,
    "mechanism_emission_split": NOBODY,
    "subnet_registration_cost": lambda a, t: TAO < a.rao <= 4_000 * TAO,
}


def test_the_table_has_every_read_of_the_registry() -> None:
    assert sorted([*TRUE, *NOT_IN_LAB]) == sorted(READS)
    assert len(READS) == 102


def test_every_answer_is_what_the_chain_has_or_says_that_it_is_not_in_the_lab(populated: Chain) -> None:
    answers, truth = read_all(populated, None), Truth(populated)
    wrong = {}
    for name, answer in answers.items():
        holds = TRUE.get(name)
        if holds is None:
            right = name in NOT_IN_LAB and "not in the lab's chain" in str(answer)
        elif callable(holds):
            right = not isinstance(answer, Exception) and holds(answer, truth)
        else:
            right = answer in (None, [], {})
        if not right:
            wrong[name] = answer
    assert wrong == {}
