"""Each cause is produced on purpose, recognized, and gone when it is mended."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tao_lab.errors import LabError
from tao_lab.neurons.causes import causes
from tao_lab.neurons.evidence import Facts, Heard
from tao_lab.neurons.explain import explain
from tao_lab.neurons.miner import Miner, Policy
from tao_lab.neurons.peers import Peer, Peers
from tao_lab.neurons.validator import Validator
from tests.neurons.doubling import subnet
from tests.neurons.market import Market, open_market

HYPER = {
    "Tempo": 20,
    "LastEpochBlock": 100,
    "ImmunityPeriod": 50,
    "FirstEmissionBlockNumber": 3,
    "SubtokenEnabled": True,
    "NetworkRegistrationAllowed": True,
    "SubnetAlphaOutEmission": 10**9,
    "Kappa": 32_767,
    "ActivityCutoffFactorMilli": 10_000,
    "CommitRevealWeightsEnabled": False,
    "RevealPeriodEpochs": 1,
    "Incentive": [0, 0, 0],
    "SubnetOwner": "owner",
    "RecycleOrBurn": "Burn",
    "MaxAllowedValidators": 64,
}


def peer(uid: int, **changes: Any) -> Peer:
    values = {
        "uid": uid,
        "hotkey": f"h{uid}",
        "coldkey": f"c{uid}",
        "stake": 0,
        "permit": False,
        "active": True,
        "registered_at": 10,
        "last_update": 0,
        "axon": ("127.0.0.1", 1),
    }
    return Peer(**{**values, **changes})


MINER, SMALL, BIG = (
    peer(0),
    peer(1, permit=True, stake=40, last_update=90),
    peer(2, permit=True, stake=60, last_update=90),
)


def facts(*peers: Peer, **changes: Any) -> Facts:
    """A miner (uid 0) with incentive, and two validators; changed."""
    hyper = {**HYPER, "Incentive": [9, 0, 0], **changes.pop("hyper", {})}
    everyone = {one.hotkey: one for one in (MINER, SMALL, BIG)} | {one.hotkey: one for one in peers}
    found = Facts(1, "h0", Peers(110, everyone), hyper, weights={1: {0: 9}, 2: {0: 9}}, owner="c0")
    return replace(found, **changes)


POOR = {"Incentive": [0, 0, 0]}


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (facts(), []),
        (replace(facts(), peers=None), ["no subnet"]),
        (replace(facts(), hotkey="elsewhere"), ["not registered"]),
        (facts(hyper={"FirstEmissionBlockNumber": None}), ["not started"]),
        (facts(hyper={"SubtokenEnabled": False}), ["not started"]),
        (facts(hyper={"SubnetAlphaOutEmission": 0}), ["no emission"]),
        (facts(hyper={"NetworkRegistrationAllowed": False}), ["no emission"]),
        (facts(owner="owner"), ["owner's miner"]),
        (facts(hyper=POOR), ["unknown"]),
        (facts(peer(0, axon=None), hyper=POOR), ["not serving"]),
        (facts(peer(1), peer(2), hyper=POOR), ["no validator"]),
        (facts(peer(1, permit=True), peer(2), hyper=POOR), ["no validator"]),
        (facts(hyper=POOR, stake_threshold=61), ["no validator"]),
        (facts(hyper=POOR, heard=Heard(lines=4)), ["not asked"]),
        (facts(peer(0, registered_at=90), hyper=POOR), ["stale weights"]),
        (facts(hyper={**POOR, "CommitRevealWeightsEnabled": True}, sealed=frozenset({"h1"})), ["sealed weights"]),
        (
            facts(*(replace(one, active=False) for one in (SMALL, BIG)), hyper=POOR),
            ["validators inactive"],
        ),
        (facts(hyper=POOR, weights={1: {2: 9}, 2: {1: 9}}), ["no weight"]),
        (facts(hyper=POOR, weights={1: {0: 9}, 2: {1: 9}}), ["clipped"]),
        (facts(hyper=POOR, weights={1: {1: 9}, 2: {0: 9}}), ["unknown"]),
        (facts(peer(0, permit=True, stake=200), hyper=POOR), ["clipped"]),
        (facts(replace(BIG, last_update=105), hyper=POOR), ["epoch to come"]),
        (facts(peer(0, registered_at=105), replace(BIG, last_update=107), hyper=POOR), ["epoch to come"]),
    ],
)
def test_each_cause_is_recognized_alone(found: Facts, names: list[str]) -> None:
    assert [cause.name for cause in causes(found)] == names
    for cause in causes(found):
        assert all([cause.sentence, cause.evidence, cause.mend])


@pytest.mark.parametrize(
    ("heard", "name"),
    [
        ({"problems": Counter(timeout=2, refused=1), "examples": {"timeout": "timeout: 5 s"}}, "timeout"),
        ({"problems": Counter(refused=3), "examples": {"refused": "refused: no_permit: …"}}, "refused"),
        ({"reasons": Counter({"wrong form": 3}), "examples": {"wrong form": "wrong form: …"}}, "wrong format"),
        ({"reasons": Counter(wrong=3), "examples": {"wrong": "wrong: 3 off"}}, "worthless"),
    ],
)
def test_journals_tell_what_the_chain_does_not(heard: dict[str, Any], name: str) -> None:
    found = facts(hyper=POOR, weights={1: {1: 9}}, heard=Heard(lines=9, asked=3, last_asked=99, **heard))
    assert [cause.name for cause in causes(found)] == [name, "no weight"]
    assert "block 99" in causes(found)[0].evidence or "of 3 answers" in causes(found)[0].evidence


# --- on a real chain ------------------------------------------------------------------------------------------------


@pytest.fixture
def market() -> Iterator[Market]:
    market = open_market(miners=2)
    yield market
    market.net.close()


def names(market: Market, number: int, journals: Path | None = None) -> list[str]:
    hotkey = market.miners[number].hotkey.ss58_address
    return [cause.name for cause in explain(market.net, 1, hotkey, journals).causes]


def test_from_the_first_day_to_the_first_pay(market: Market, tmp_path: Path) -> None:
    assert names(market, 0) == ["not serving", "stale weights"]
    wallet, honest = market.miners[0], subnet.miners()["honest"]
    with (
        Miner(honest, wallet=wallet, network=market.net, netuid=1) as miner,
        Validator(subnet, wallet=market.validators[0], network=market.net, netuid=1, data=tmp_path) as validator,
    ):
        assert names(market, 0, tmp_path) == ["stale weights"]
        validator.step()
        assert names(market, 0, tmp_path) == ["epoch to come"]
        market.to_epoch()
        assert names(market, 0, tmp_path) == []
        assert "earns: incentive 65535/65535" in str(explain(market.net, 1, miner.hotkey))
        assert names(market, 1, tmp_path)[0] == "not serving"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("forward", "policy", "expected"),
    [
        (lambda task: {"answer": 4}, Policy(), "worthless"),
        (lambda task: 1 / 0, Policy(), "refused"),
        (subnet.miners()["honest"], Policy(min_stake=10**6), "refused"),
    ],
    ids=["wrong", "an error", "too proud"],
)
def test_what_is_wrong_with_a_miner_is_in_the_journals(
    market: Market, tmp_path: Path, forward: Callable[..., Any], policy: Policy, expected: str
) -> None:
    with ExitStack() as stack:
        stack.enter_context(Miner(forward, wallet=market.miners[0], network=market.net, netuid=1, policy=policy))
        good = subnet.miners()["honest"]
        stack.enter_context(Miner(good, wallet=market.miners[1], network=market.net, netuid=1))
        validator = Validator(subnet, wallet=market.validators[0], network=market.net, netuid=1, data=tmp_path)
        stack.enter_context(validator).step()
        market.to_epoch()
        assert names(market, 0, tmp_path) == [expected, "no weight"]
        assert names(market, 1, tmp_path) == []


def test_a_validator_that_may_not_set_weights_says_why(market: Market, tmp_path: Path) -> None:
    market.hyper("weights_version_key", weights_version_key=5)
    with (
        Miner(subnet.miners()["honest"], wallet=market.miners[0], network=market.net, netuid=1) as miner,
        Validator(subnet, wallet=market.validators[0], network=market.net, netuid=1, data=tmp_path) as validator,
    ):
        validator.step()
        market.to_epoch()
        found = explain(market.net, 1, miner.hotkey, tmp_path)
    assert [cause.name for cause in found.causes] == ["stale weights"]
    assert "version key 0 is too old" in found.causes[0].evidence
    assert "<li>" in found._repr_html_()


def test_who_is_not_there_and_what_is_not_there(market: Market) -> None:
    stranger = market.net.wallet("stranger").hotkey.ss58_address
    assert [cause.name for cause in explain(market.net, 1, stranger).causes] == ["not registered"]
    assert [cause.name for cause in explain(market.net, 9, stranger).causes] == ["no subnet"]
    with pytest.raises(LabError, match="cannot be read"):
        explain(market.net, 1, stranger, Path("/nothing/here"))
