"""`Network` as a newcomer meets it: a subnet, people on it, epochs, and what came of it."""

from collections.abc import Iterator

import pytest

from tao_lab.chain.errors import BadValue
from tao_lab.network import CallFailed, Network
from tao_lab.network.population import seeded_wallet

TEMPO = 12
TAO = 10**9


@pytest.fixture
def net() -> Iterator[Network]:
    with Network() as net:
        yield net


def a_small_subnet(net: Network) -> int:
    return net.create_subnet(owner=net.wallet("alice", tao=1_000), tempo=TEMPO)


def test_the_newcomers_example_runs_and_pays_by_quality(net: Network) -> None:
    sn = a_small_subnet(net)
    people = net.populate(sn, validators=3, miners=6)
    net.run(epochs=2)
    meta = net.metagraph(sn)
    assert [n.name for n in meta][:4] == ["alice", "sn1-validator-0", "sn1-validator-1", "sn1-validator-2"]
    ranked = sorted(people.quality, key=lambda uid: people.quality[uid])
    assert sorted(people.quality, key=lambda uid: meta[uid].incentive) == ranked
    assert sum(n.incentive for n in meta) == pytest.approx(65_535, abs=len(meta))
    assert all(meta[wallet.name].dividends > 0 for wallet in people.validators)
    assert net.verify() is None


def test_creating_a_subnet_takes_its_lock_cost_and_remembers_the_kind_of_work(net: Network) -> None:
    alice, cost = net.wallet("alice", tao=3_000), net.lock_cost()
    before = net.balance(alice)
    sn = net.create_subnet(owner=alice, kind="code", name="rizzo", fund=False)
    assert cost.rao == 1_000 * TAO
    assert before.rao - net.balance(alice).rao == pytest.approx(cost.rao, abs=TAO)
    identity = net.chain.state.get("SubtensorModule", "SubnetIdentitiesV3", sn)
    assert (identity["subnet_name"], identity["additional"]) == ("rizzo", "kind=code")
    assert net.chain.state.get("SubtensorModule", "SubnetOwnerHotkey", sn) == alice.hotkey.ss58_address
    assert net.subnets() == [sn]


def test_an_owner_who_cannot_pay_is_refused_by_the_chains_name(net: Network) -> None:
    with pytest.raises(CallFailed, match="CannotAffordLockCost"):
        net.create_subnet(owner=net.wallet("poor", tao=5), fund=False)
    assert net.subnets() == []


def test_a_second_subnet_costs_more_than_the_first(net: Network) -> None:
    a_small_subnet(net)
    assert net.lock_cost().rao > 1_000 * TAO
    second = net.create_subnet(owner=net.wallet("bob"), tempo=TEMPO)
    assert net.subnets() == [1, second]


def test_two_networks_populated_alike_have_the_same_metagraph() -> None:
    seen = []  # block hashes differ: sr25519 signatures hold chance
    for _ in range(2):
        with Network() as net:
            sn = net.create_subnet(owner=seeded_wallet(net, "owner", seed=0), tempo=TEMPO)
            net.populate(sn, validators=2, miners=2)
            seen.append(net.metagraph(sn))
    assert seen[0] == seen[1]


def test_populating_twice_brings_new_people(net: Network) -> None:
    sn = a_small_subnet(net)
    first, second = (net.populate(sn, validators=0, miners=2) for _ in range(2))
    keys = [w.hotkey.ss58_address for people in (first, second) for w in people.miners]
    assert len(set(keys)) == 4
    assert len(net.metagraph(sn)) == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"validators": -1}, "validators is -1"),
        ({"miners": 2.5}, "miners is 2.5"),
        ({"validators": 200, "miners": 200}, "at most the 255 free UIDs"),
        ({"noise": 1}, "noise is 1"),
        ({"noise": float("nan")}, "noise is nan"),
    ],
)
def test_populate_says_what_is_allowed(net: Network, arguments: dict[str, float], words: str) -> None:
    sn = a_small_subnet(net)
    height = net.block_number
    with pytest.raises(BadValue, match=words):
        net.populate(sn, **arguments)  # type: ignore[arg-type]
    assert net.block_number == height


def test_there_must_be_a_subnet(net: Network) -> None:
    for call in (lambda: net.run(epochs=1), lambda: net.metagraph(), lambda: net.populate(9)):
        with pytest.raises(BadValue, match="subnet is"):
            call()
    with pytest.raises(BadValue, match="tempo is 0"):
        net.create_subnet(owner=net.wallet("alice"), tempo=0)


def test_run_wants_blocks_or_epochs(net: Network) -> None:
    for arguments in ({}, {"blocks": 1, "epochs": 1}):
        with pytest.raises(BadValue, match="one of blocks"):
            net.run(**arguments)
    with pytest.raises(BadValue, match="epochs is True"):
        net.run(epochs=True)


def test_the_metagraph_of_the_past_and_the_sdks_view_agree_with_the_chain(net: Network) -> None:
    sn = a_small_subnet(net)
    net.populate(sn, validators=2, miners=3)
    then, height = net.metagraph(sn), net.block_number
    net.run(epochs=1)
    assert net.metagraph(sn, block=height) == then
    now = net.metagraph(sn)
    theirs = net.subtensor.read("metagraph", netuid=sn)
    assert theirs["hotkeys"] == [n.hotkey for n in now]
    for ours, name in (("stake", "total_stake"), ("incentive", "incentives"), ("dividends", "dividends")):
        assert [getattr(n, ours) for n in now] == theirs[name], name
    assert [n.permit for n in now] == theirs["validator_permit"]
    with pytest.raises(BadValue, match="neuron is 'nobody'"):
        now["nobody"]


def test_a_call_by_the_root_that_fails_names_the_error(net: Network) -> None:
    with pytest.raises(CallFailed, match=r"SubnetDoesNotExist|SubnetNotExists"):
        net.sudo("AdminUtils", "sudo_set_tempo", netuid=9, tempo=10)


@pytest.mark.parametrize(
    ("ip_type", "ip", "shown"),
    [(4, 0x08080808, "8.8.8.8:9000"), (6, 0x20014860486000000000000000008888, "[2001:4860:4860::8888]:9000")],
)
def test_an_axon_is_shown_as_the_sdk_shows_it(ip_type, ip, shown):
    with Network() as net:
        owner = net.wallet("owner", tao=10)
        netuid = net.create_subnet(owner)
        axon = dict.fromkeys(("version", "protocol", "placeholder1", "placeholder2"), 0)
        net.fund(owner.hotkey, 10**9)
        net.call(
            owner.hotkey, "SubtensorModule", "serve_axon", netuid=netuid, ip=ip, port=9000, ip_type=ip_type, **axon
        )
        assert net.metagraph(netuid)[0].axon == shown
        theirs = net.subtensor.subnets.metagraph(netuid)
        assert theirs.neurons[0].axon == shown
