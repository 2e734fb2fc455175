"""Subnet 171 is there with the report's numbers, made of state that the chain itself accepts."""

import pytest

from tao_lab.network import Network
from tao_lab.network.report import NETUID, REGISTRATION_RAO, STAKE_RAO

MODULE = "SubtensorModule"


@pytest.fixture(scope="module")
def net():
    with Network() as opened:
        opened.report_subnet()
        yield opened


def test_subnet_171_is_made_once_and_is_the_only_one(net):
    assert net.report_subnet() == 171
    assert net.subnets() == [171]
    assert net.chain.state.get(MODULE, "SubnetIdentitiesV3", NETUID)["subnet_name"] == "SWE-Rizzo, test network"


def test_a_seat_costs_what_the_report_paid_and_the_stake_is_taken(net):
    student = net.wallet("tao1", hotkey="miner1", tao=1)
    before = net.balance(student).rao
    receipt = net.call(student, MODULE, "burned_register", netuid=NETUID, hotkey=student.hotkey.ss58_address)
    assert before - net.balance(student).rao - receipt.fee.rao == REGISTRATION_RAO
    net.stake(student, NETUID, net.tao("0.005"))
    assert STAKE_RAO == 5_000_000
    assert net.staked(student, NETUID).rao > 0


def test_it_pays_after_an_epoch_and_the_chain_is_whole(net):
    net.run(epochs=2, subnet=NETUID)
    graph = net.metagraph(NETUID)
    assert sum(neuron.emission for neuron in graph) > 0
    assert graph["tao1/miner1"].emission == 0  # nobody knows it
    assert net.verify() is None
    assert net.create_subnet(net.wallet("other")) == 1
