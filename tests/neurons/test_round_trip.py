"""Miners and a validator on one chain in this process: signed HTTP on loopback, weights on the chain."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tao_lab.errors import LabError
from tao_lab.neurons.miner import Miner
from tao_lab.neurons.validator import Validator
from tests.neurons.conftest import VALIDATOR
from tests.neurons.doubling import subnet
from tests.neurons.market import MODULE, TEMPO, Market, open_market


@pytest.fixture
def market() -> Iterator[Market]:
    market = open_market()
    yield market
    market.net.close()


@pytest.fixture
def serve(market: Market) -> Iterator[Callable[..., Miner]]:
    """Starts the market's miners, each in its own way of work."""
    with ExitStack() as stack:

        def start(number: int, way: str, **options: Any) -> Miner:
            wallet = market.miners[number]
            miner = Miner(subnet.miners()[way], wallet=wallet, network=market.net, netuid=1, refresh=0.1, **options)
            return stack.enter_context(miner)

        yield start


def validate(market: Market, **options: Any) -> Validator:
    return Validator(subnet, wallet=market.validators[0], network=market.net, netuid=1, **options)


def test_incentive_on_the_chain_is_ordered_as_quality(market: Market, serve: Callable[..., Miner]) -> None:
    for number, way in enumerate(("lazy", "honest", "careless")):
        serve(number, way)
    with validate(market) as validator:
        step = validator.step()
        assert {miner.answer.problem for miner in step.miners} == {""}
        assert set(step.weights) == {market.uid(wallet) for wallet in market.miners}
        market.to_epoch()
        lazy, honest, careless = (market.incentive(wallet) for wallet in market.miners)
        assert honest > careless > lazy
        assert validator.step().weights
        assert not validator.step().weights  # not due: a part of an epoch has to pass
    assert [line["event"] for line in validator.journal.newest].count("weights") == 2


@pytest.mark.slow
def test_who_stops_is_out_of_the_weights_and_who_is_replaced_is_forgotten(
    market: Market, serve: Callable[..., Miner]
) -> None:
    stays, dies = serve(0, "honest"), serve(1, "honest")
    with validate(market) as validator:
        validator.step()
        assert set(validator.scores.all()) >= {stays.hotkey, dies.hotkey}
        dies.close()
        for _ in range(3):
            market.net.run(blocks=TEMPO // 3)
            validator.step()
        assert validator.scores.all()[dies.hotkey].silent == 3
        assert list(market.weights(market.validators[0])) == [market.uid(market.miners[0])]
        _replace(market, dies.hotkey)
        validator.step()
        assert dies.hotkey not in validator.scores.all()
        assert [line["hotkey"] for line in validator.journal.newest if line["event"] == "left"] == [dies.hotkey]


def _replace(market: Market, hotkey: str) -> None:
    """Let a newcomer take a miner's place: the subnet is full, and nobody is immune."""
    market.hyper("immunity_period", immunity_period=1)
    n, state = market.read("SubnetworkN", 1), market.net.chain.state
    state.put(MODULE, "MaxAllowedUids", 1, n)
    state.put(MODULE, "MinNonImmuneUids", 1, 0)
    state.put(MODULE, "Emission", 1, [0 if uid == market.read("Uids", 1, hotkey) else 10**9 for uid in range(n)])
    market.net.run(blocks=2)
    market.register(market.net.wallet("newcomer", tao=1_000))


def test_a_validator_that_restarts_knows_what_it_knew(
    market: Market, serve: Callable[..., Miner], tmp_path: Path
) -> None:
    serve(0, "honest")
    with validate(market, data=tmp_path) as validator:
        validator.step()
        before = validator.scores.all()
    with validate(market, data=tmp_path) as again:
        assert again.scores.all() == before
        assert again.scores.step == 1
    (journal,) = tmp_path.glob("*.jsonl")
    assert journal.read_text().count('"event": "asked"') == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "name", "says"),
    [
        (
            lambda m: m.hyper("weights_version_key", weights_version_key=9),
            "IncorrectWeightVersionKey",
            "--version-key 9",
        ),
        (lambda m: m.net.chain.state.put(MODULE, "StakeThreshold", 2**62), "NotEnoughStakeToSetWeights", "is needed"),
        (
            lambda m: m.net.chain.state.put(MODULE, "ValidatorPermit", 1, [False] * 5),
            "NeuronNoValidatorPermit",
            "each epoch gives one",
        ),
    ],
    ids=["version", "stake", "permit"],
)
def test_what_the_chain_would_refuse_is_explained_and_not_sent(
    market: Market, serve: Callable[..., Miner], change: Callable[[Market], None], name: str, says: str
) -> None:
    serve(0, "honest")
    change(market)
    market.net.run(blocks=1)
    with validate(market) as validator:
        assert not validator.step().weights
        (waits,) = [line for line in validator.journal.newest if line["event"] == "waits"]
    assert waits["name"] == name
    assert says in waits["sentence"]


def test_what_the_chain_refuses_after_all_is_explained(market: Market, serve: Callable[..., Miner]) -> None:
    serve(0, "honest")

    class Late(Validator):
        """The subnet wants a newer version between its look at the chain and its call."""

        def _may_set(self, *arguments: Any) -> bool:
            may = super()._may_set(*arguments)
            market.hyper("weights_version_key", weights_version_key=9)
            return may

    late = Late(subnet, wallet=market.validators[0], network=market.net, netuid=1)
    with late as validator:
        assert not validator.step().weights
        (refused,) = [line for line in validator.journal.newest if line["event"] == "refused"]
    assert (refused["name"], refused["what"], refused["blocks"]) == ("IncorrectWeightVersionKey", "set", 0)


def test_weights_are_committed_and_revealed_in_their_epoch_across_a_restart(
    market: Market, serve: Callable[..., Miner], tmp_path: Path
) -> None:
    serve(0, "honest")
    serve(1, "careless")
    market.hyper("commit_reveal_weights_enabled", enabled=True)
    market.to_epoch()
    with validate(market, data=tmp_path) as validator:
        assert validator.step().weights
        assert market.weights(market.validators[0]) == {}
        assert len(market.read("WeightCommits", 1, validator.hotkey)) == 1
    market.to_epoch()
    with validate(market, data=tmp_path) as validator:
        validator.step()
        methods = [line["method"] for line in validator.journal.newest if line["event"] == "weights"]
    assert methods == ["reveal", "hash"]
    honest, careless = (market.uid(wallet) for wallet in market.miners[:2])
    assert market.weights(market.validators[0]) == {honest: 65_535, careless: 32_768}


def test_with_a_beacon_the_commit_is_timelocked(market: Market, serve: Callable[..., Miner]) -> None:
    serve(0, "honest")
    market.hyper("commit_reveal_weights_enabled", enabled=True)
    market.net.chain.state.put("Drand", "LastStoredRound", 1)
    market.net.run(blocks=1)
    with validate(market) as validator:
        assert validator.step().weights
        (line,) = [line for line in validator.journal.newest if line["event"] == "weights"]
    assert line["method"] == "timelock"
    epoch = market.read("SubnetEpochIndex", 1)
    ((who, _, _, _),) = market.read("TimelockedWeightCommits", 1, epoch)
    assert who == validator.hotkey


def test_a_miner_lists_its_address_once_and_must_be_registered(market: Market) -> None:
    def forward(task: Any) -> int:
        return 1

    with Miner(forward, wallet=market.miners[0], network=market.net, netuid=1) as miner:
        axon = market.read("Axons", 1, miner.hotkey)
        port = int(miner.url.rsplit(":", 1)[1])
        assert (axon["ip"], axon["ip_type"], axon["port"]) == (0xFFFF_7F00_0001, 6, port)
    height = market.net.block_number
    with Miner(forward, wallet=market.miners[0], network=market.net, netuid=1, port=port):
        assert market.net.block_number == height
    with pytest.raises(LabError, match="ServingRateLimitExceeded"):
        Miner(forward, wallet=market.miners[0], network=market.net, netuid=1).start()
    with pytest.raises(LabError, match=r"is not registered on subnet 1.*btcli subnets register"):
        Miner(forward, wallet=market.net.wallet("stranger"), network=market.net, netuid=1).start()
    with pytest.raises(LabError, match="netuid is 9"):
        Miner(forward, wallet=market.miners[0], network=market.net, netuid=9).start()


def test_a_miner_answers_only_validators_of_its_subnet(market: Market, serve: Callable[..., Miner]) -> None:
    miner = serve(0, "honest")
    stranger = Validator(subnet, wallet=market.miners[1], network=market.net, netuid=1)
    with stranger:
        problems = [one.answer.problem for one in stranger.step().miners if one.hotkey == miner.hotkey]
    assert problems[0].startswith("refused: no_permit: ")
    assert miner.outcomes == {"no_permit": 1}


def test_a_chain_that_is_not_there_is_named() -> None:
    with (
        Validator(subnet, wallet=VALIDATOR, network="ws://127.0.0.1:9", netuid=1) as validator,
        pytest.raises(LabError, match="cannot be reached"),
    ):
        validator.step()
