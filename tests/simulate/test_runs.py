"""Populations on a running chain, against what follows from the rules."""

from dataclasses import replace
from typing import Any

import pytest

from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.pallets.subtensor.tao import account_of_netuid
from tao_lab.consensus import EpochInput, epoch
from tao_lab.network import Network
from tao_lab.simulate import Answer, Group, Role, Run, Scenario, ScenarioError, View, grid, role, roles, run, sweep
from tao_lab.simulate.roles import ROLES

ALPHA = 10**9
HONEST = (Group("honest", "validator", count=3), Group("honest", "miner", count=4))


def scenario(*groups: Group, **changes: Any) -> Scenario:
    return Scenario("a test", (*HONEST, *groups), **{"epochs": 3, "tempo": 4, **changes})


def earned(result: Run) -> dict[str, int]:
    return dict(zip(result.totals["group"], result.totals["earned"], strict=True))


CARTEL = scenario(Group("cartel", "validator", stake=1_000 * ALPHA), Group("colluder", "miner"))


def test_a_cartel_below_kappa_earns_its_own_miner_nothing():
    result = run(CARTEL)
    assert earned(result)["colluder miner"] == 0
    assert earned(result)["honest miner"] > 0
    assert len(result.refused) == 0
    assert list(result.epochs.groupby("epoch").size()) == [10, 10, 10]


def test_the_order_of_the_groups_changes_the_order_of_the_rows_only():
    turned = Scenario(CARTEL.name, CARTEL.groups[::-1], CARTEL.epochs, CARTEL.seed, CARTEL.tempo)
    one, other = run(CARTEL), run(turned)
    assert one.epochs.equals(other.epochs)
    assert one.totals.set_index("group").loc[list(other.totals["group"])].equals(other.totals.set_index("group"))


def test_a_scenario_comes_back_from_json():
    assert Scenario.from_json(CARTEL.to_json()) == CARTEL
    assert CARTEL.id == Scenario.from_json(CARTEL.to_json()).id != scenario().id


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{", "not JSON"),
        ('{"name": "a"}', "'groups' is missing"),
        ('{"name": "a", "groups": [{"role": "honest", "hat": 1}]}', "no field is called 'hat'"),
        ('{"name": "a", "groups": [{"role": "honest", "count": 0}]}', "count is 0; allowed: a whole number from 1"),
        ('{"name": "a", "groups": [{"role": "honest"}, {"role": "honest"}]}', "two are called 'honest validator'"),
    ],
)
def test_a_bad_scenario_says_which_field(data, words):
    with pytest.raises(ScenarioError, match=words):
        Scenario.from_json(data)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (scenario(Group("saint")), "role is 'saint'; allowed for a validator: cartel"),
        (scenario(Group("lazy", "miner", options={"speed": 1})), "lazy miner has no 'speed'; allowed: quality"),
        (scenario(hyperparameters={"kapa": 1}), "there is no 'kapa'. Did you mean 'kappa'"),
        (scenario(Group("copier", options={"of": "best"})), "options.of is 'best'; allowed: largest, consensus"),
        (scenario(Group("lazy", "miner", options={"quality": 2})), "options.quality is 2; allowed: 0 to 1"),
        (scenario(Group("idle", "owner", count=2)), "a subnet has one owner"),
        (scenario(hyperparameters={"alpha_values": 5}), "allowed: an object with alpha_low, alpha_high"),
        (scenario(hyperparameters={"kappa": "half"}), "hyperparameters.kappa: "),
        (scenario(hyperparameters={"tempo": 5}), "field of the scenario itself"),
        (scenario(hyperparameters={"min_burn": 10**10}), "the chain refuses: AdminUtils.ValueNotInBounds"),
        (
            scenario(hyperparameters={"reveal_period": 1}),
            "there is no 'reveal_period'. Write one of these names: .*kappa",
        ),
    ],
)
def test_what_does_not_exist_is_named(bad, words):
    with pytest.raises(ScenarioError, match=words):
        run(bad)


def test_a_sweep_has_a_row_for_each_run_and_group_and_goes_on_where_it_was(tmp_path):
    out = tmp_path / "some runs" / "runs.parquet"
    table = grid(scenario(epochs=1), seed=[0, 1], **{"hyperparameters.kappa": [20_000, 40_000]})
    first = sweep(table[:2], out, workers=1)
    assert len(first) == 2 * 3
    whole = sweep(table, out, workers=1)
    assert list(whole.columns[:4]) == ["run", "scenario", "seed", "hyperparameters.kappa"]
    assert whole.equals(sweep(table, workers=1))


def stays(share: int, kappa: int = 32_767) -> Run:
    """Honest validators against a cartel that has `share` percent of the stake."""
    stake = 100_000 * ALPHA
    groups = (
        Group("honest", "validator", stake=stake * (100 - share) // 100, options={"noise": 0.0}),
        Group("cartel", "validator", stake=stake * share // 100),
        Group("honest", "miner", count=2),
        Group("colluder", "miner"),
    )
    return run(Scenario("cartel", groups, epochs=2, tempo=4, hyperparameters={"kappa": kappa}))


@pytest.mark.parametrize(
    ("share", "kappa", "cartel_wins"),
    [(40, 32_767, False), (51, 32_767, True), (60, 32_767, True), (60, 45_000, False), (40, 20_000, True)],
)
def test_a_cartel_pays_its_own_miner_exactly_from_kappa_on(share, kappa, cartel_wins):
    """The consensus of a miner is the weight that more than kappa of the stake gives it at least."""
    result = stays(share, kappa)
    last = result.epochs[result.epochs["epoch"] == 2].set_index("group")
    assert (last["emission"]["colluder miner"] > 0) == cartel_wins
    assert (earned(result)["colluder miner"] > 0) == cartel_wins
    assert (last["vtrust"]["cartel validator"] > 0) == cartel_wins


def per_stake(result: Run, group: str, other: str, after: int) -> float:
    """Dividends of one group against another's, both with the same stake, from an epoch on."""
    late = result.epochs[(result.epochs["epoch"] > after) & (result.epochs["kind"] == "validator")]
    means = late.groupby("group")["dividends"].mean()
    return float(means[group] / means[other])


def copied(**hyperparameters: Any) -> Run:
    """A copier beside honest validators who see every miner as it is, while the miners change."""
    groups = (
        Group("honest", "validator", count=3, options={"noise": 0.0}),
        Group("copier", "validator"),
        Group("honest", "miner", count=8, options={"quality": 0.5, "spread": 0.4, "drift": 0.15}),
    )
    return run(Scenario("copier", groups, epochs=10, tempo=4, hyperparameters=hyperparameters))


def test_a_copier_earns_as_much_as_the_honest_and_with_commit_reveal_less():
    """Without secrets it has the very row of the epoch; with them it has that of the last one, and bonds that are late.

    Its bonds say when it found a miner: with a moving average it stays behind for long (Yuma 2 keeps only the bonds),
    with liquid alpha it catches up sooner, and without a memory only the old row is left of its loss.
    """
    for terms in ({}, {"yuma3_enabled": False}, {"liquid_alpha_enabled": True}):
        assert per_stake(copied(**terms), "copier validator", "honest validator", 3) == pytest.approx(1, abs=1e-3)
    hidden: dict[str, Any] = {"commit_reveal_weights_enabled": True}
    late = {
        name: per_stake(copied(**hidden, **terms), "copier validator", "honest validator", 3)
        for name, terms in {
            "yuma 2": {"yuma3_enabled": False},
            "yuma 3": {},
            "no memory": {"bonds_moving_average": 0},
        }.items()
    }
    assert late["yuma 2"] < late["yuma 3"] < late["no memory"] < 0.97


def test_with_secrets_every_row_is_committed_one_epoch_and_revealed_in_the_next():
    rows: list[dict[int, Any]] = []
    secrets = scenario(hyperparameters={"commit_reveal_weights_enabled": True})
    result = run(secrets, watch=lambda net, epoch: rows.append(dict(net.metagraph().weights)))
    assert [len(each) for each in rows] == [0, 3, 3]
    assert len(result.refused) == 0
    first, second = (result.epochs[result.epochs["epoch"] == epoch]["incentive"].sum() for epoch in (1, 2))
    assert (first, second > 60_000) == (0, True)


def test_every_rao_of_tao_is_found_after_each_epoch():
    """Trades, registrations, shielded calls, a pool given by data: issuance is what the accounts hold."""
    groups = (
        Group("buyer", "trader", tao=200 * ALPHA, options={"spend": 100 * ALPHA, "shielded": True}),
        Group("griefer", "miner", tao=20 * ALPHA),
        Group("sybil", "miner", count=2, tao=10 * ALPHA, joins=2),
    )
    sums = []

    def count(net: Network, epoch: int) -> None:
        state, accounts = net.chain.state, net.chain.state.entries("System", "Account")
        held = sum(info["data"]["free"] + info["data"]["reserved"] for _, info in accounts)
        pool = state.get(MODULE, "SubnetTAO", 1)
        sums.append((held, state.get("Balances", "TotalIssuance"), state.get(MODULE, "TotalIssuance")))
        assert net.balance(account_of_netuid(1)).rao >= pool

    run(scenario(*groups, pool=(500 * ALPHA, 20_000 * ALPHA)), watch=count)
    assert len(sums) == 3
    assert all(held == issued == counted for held, issued, counted in sums)


def test_who_joins_later_pays_the_price_of_that_moment_and_who_cannot_stays_out():
    rich, poor = 10 * ALPHA, ALPHA // 1_000
    groups = [Group("lazy", "miner", name=name, tao=tao, joins=2) for name, tao in (("rich", rich), ("poor", poor))]
    result = run(scenario(*groups, hyperparameters={"burn_increase_mult": {"bits": 2 << 64}}))
    assert list(result.epochs[result.epochs["group"] == "rich"]["epoch"]) == [2, 3]
    totals = result.totals.set_index("group")
    assert (totals["seats"]["rich"], totals["seats"]["poor"]) == (1, 0)
    assert set(result.refused["error"]) == {"NotEnoughBalanceToStake"}
    assert -rich < totals["tao"]["rich"] < -ALPHA // 2


def test_griefers_take_places_on_a_full_subnet_until_their_money_is_gone():
    full = {"max_allowed_uids": 9, "min_non_immune_uids": 0, "immunity_period": 6}
    result = run(scenario(Group("griefer", "miner", tao=6 * ALPHA), epochs=6, hyperparameters=full))
    seats = result.epochs.groupby("epoch").size()
    assert set(seats) == {9}
    assert result.totals.set_index("group")["seats"]["griefer miner"] > 1
    assert "NotEnoughBalanceToStake" in set(result.refused["error"])


def test_an_owner_that_votes_for_itself_earns_its_miner_nothing_and_burns_the_miners_pay():
    burned = []
    owner = Group("self-weighter", "owner", stake=100_000 * ALPHA)
    result = run(
        scenario(owner),
        watch=lambda net, epoch: burned.append(net.chain.state.get(MODULE, "MinerBurned", 1)["bits"] / (1 << 32)),
    )
    assert earned(result)["honest miner"] == 0
    assert burned[-1] == pytest.approx(1, abs=1e-6)


def test_validators_can_burn_a_part_of_the_miners_pay():
    half = Group("honest", "validator", count=3, name="burning", options={"burn": 0.5, "noise": 0.0})
    miners = Group("honest", "miner", count=4)
    paid = [
        earned(run(Scenario("burn", (group, miners), epochs=3, tempo=4)))["honest miner"]
        for group in (replace(half, options={"noise": 0.0}), half)
    ]
    assert paid[1] / paid[0] == pytest.approx(0.5, abs=1e-3)


def test_one_answer_from_many_hotkeys_earns_as_much_as_from_one_where_validators_look():
    shares = {}
    for count in (1, 4):
        for looks in (False, True):
            validator = Group("honest", "validator", options={"noise": 0.0, "one_for_all": looks})
            groups = (validator, Group("honest", "miner", count=4), Group("sybil", "miner", count=count))
            result = run(Scenario("sybil", groups, epochs=2, tempo=4)).totals.set_index("group")["earned"]
            shares[count, looks] = result["sybil miner"] / (result["sybil miner"] + result["honest miner"])
    assert shares[4, True] == pytest.approx(shares[1, True], abs=1e-4)
    assert shares[4, False] > 2 * shares[1, False]


def test_a_hoarder_stops_counting_after_the_activity_cutoff():
    result = run(scenario(Group("hoarder", "validator"), epochs=4, hyperparameters={"activity_cutoff_factor": 2_000}))
    dividends = result.epochs[result.epochs["group"] == "hoarder validator"]["dividends"].tolist()
    assert min(dividends[:2]) > 0 == dividends[3]


def test_a_replaced_rule_holds_from_the_first_epoch_on():
    seen = []

    def mine(inputs: EpochInput) -> Any:
        seen.append(inputs.block)
        return epoch(inputs)

    result = run(scenario(), rules={"epoch": mine})
    assert seen == [11, 15, 19, 23, 27]  # the tempo became 4 in block 10, 8 blocks after the subnet was made
    assert seen[2:] == sorted(set(result.epochs["block"]))
    assert result.epochs.equals(run(scenario()).epochs)


def test_a_role_of_ones_own():
    @role("miner", "test-only")
    class Half(Role):
        quality: float = 0.5

        def answer(self, view: View) -> Answer:
            return Answer(self.quality, view.name)

    try:
        assert "test-only" in roles()["miner"]
        assert earned(run(scenario(Group("test-only", "miner"))))["test-only miner"] > 0
    finally:
        del ROLES["miner", "test-only"]
