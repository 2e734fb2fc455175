"""A chain that goes on from mainnet: its first block pays what mainnet's next block paid."""

from contextlib import nullcontext

import pytest

from tao_lab.chain.pallets.subtensor.lookups import MODULE
from tao_lab.chain.twins import readable_only
from tao_lab.course.networks import kept_network
from tao_lab.datasets import load_mainnet
from tao_lab.economy import without_gate
from tao_lab.errors import LabError
from tao_lab.network import Network
from tao_lab.network.mainnet import owner_hotkey

TRADED = {24}  # a user traded there in that block
FIELDS = {  # what a file of mainnet calls it: where the chain has it
    "tao_in": "SubnetTaoInEmission",
    "excess_tao": "SubnetExcessTao",
    "alpha_in_emission": "SubnetAlphaInEmission",
    "alpha_out_emission": "SubnetAlphaOutEmission",
    "tao_next": "SubnetTAO",
    "alpha_in_next": "SubnetAlphaIn",
    "alpha_out_next": "SubnetAlphaOut",
    "protocol_alpha_next": "SubnetProtocolAlpha",
    "moving_price_next": "SubnetMovingPrice",
    "root_prop_next": "RootProp",
}
RESERVES = {"tao_next", "alpha_in_next", "alpha_out_next"}
pytestmark = pytest.mark.filterwarnings("ignore::tao_lab.network.RealWalletsWarning")


@pytest.fixture(scope="module")
def real():
    return load_mainnet()


def paid(net, netuid):
    """The chain's values under the names of the file."""
    values = {name: net.chain.state.get(MODULE, item, netuid) for name, item in FIELDS.items()}
    values["quote_weight_next"] = net.chain.state.get("Swap", "SwapBalancer", netuid)["quote"]
    return {name: value["bits"] if isinstance(value, dict) else value for name, value in values.items()}


@pytest.mark.parametrize("form", [nullcontext, readable_only], ids=["fast", "readable"])
def test_its_first_block_is_mainnets_next_to_the_last_unit(real, form):
    with Network.mainnet() as net, form():
        assert net.block_number == real.block
        assert net.chain.state.get(MODULE, "TotalIssuance") == real.total_issuance
        net.run(blocks=1)
        wrong = [
            (subnet.netuid, name)
            for subnet in real.started
            for name, value in paid(net, subnet.netuid).items()
            if value != getattr(subnet, name) and not (subnet.netuid in TRADED and name in RESERVES)
        ]
        assert wrong == []
        assert net.chain.state.get(MODULE, "EmissionGateBar")["bits"] == real.emission_gate_bar


def test_without_the_gate_the_smallest_share_of_a_real_network_is_not_held_back(real):
    with Network.mainnet() as net:
        with net.rules.using(shares=without_gate):
            net.run(blocks=1)
        small = [s for s in real.started if 0 < s.tao_in + s.excess_tao < 10_000]
        ungated = [net.chain.state.get(MODULE, "SubnetTaoInEmission", s.netuid) for s in small]
        assert len(small) > 20
        assert all(now > 10 * (s.tao_in + s.excess_tao) for now, s in zip(ungated, small, strict=True))


def test_its_people_are_the_labs_own_and_it_says_so(real):
    with Network.mainnet() as net:
        assert "from mainnet's block 9,240,381 on; all people are the lab's own" in repr(net)
        said = net.chain.state.get(MODULE, "SubnetIdentitiesV3", 51)["description"]
        assert "owner, hotkeys and neurons are the lab's own" in said
        assert net.subnets() == list(range(1, 129))
        assert net.chain.state.get(MODULE, "SubnetOwnerHotkey", 51) == owner_hotkey(51)
        alice = net.wallet("alice", tao=1_000)
        net.stake(alice, 92, net.tao(100), hotkey=owner_hotkey(92))
        held = net.staked(alice, 92, hotkey=owner_hotkey(92))
        assert held.alpha == pytest.approx(63_351.67, abs=1)  # what mainnet's own simulation said some blocks later
        assert net.verify() is None


@pytest.mark.slow
def test_its_burned_shares_outlast_the_epochs(real):
    with Network.mainnet() as net:
        net.run(blocks=365, history="epochs")
        for subnet in real.started[:40]:
            burned = net.chain.state.get(MODULE, "MinerBurned", subnet.netuid)["bits"] / 2**32
            assert burned == pytest.approx(min(subnet.miner_burned / 2**32, 1), abs=0.01)
        assert net.chain.state.get(MODULE, "EmissionGateBar")["bits"] != real.emission_gate_bar  # measured since


def test_a_file_keeps_it_from_its_first_block_on(tmp_path):
    file = tmp_path / "mainnet.db"
    with Network.mainnet(file) as net:
        net.run(blocks=2)
        name = net.block(9_240_381).hash
    with kept_network(file) as net:
        assert net.block_number == 9_240_383
        assert net.chain.first == 9_240_381
        assert net.chain.block_hash(0) == net.chain.genesis_hash == name
        assert net.verify() is None
        with pytest.raises(Exception, match="9240381 to 9240383"):
            net.at(0)


def test_its_places_are_full_and_a_new_subnet_takes_the_cheapest_one_s():
    with Network.mainnet() as net:
        before = net.subnets()
        netuid = net.create_subnet(net.wallet("alice"), name="late")
        state = net.chain.state
        assert net.subnets() == before
        assert state.get(MODULE, "SubnetOwner", netuid) == net.wallet("alice").coldkeypub.ss58_address
        assert state.get(MODULE, "SubnetTAO", netuid) >= state.get(MODULE, "SubnetLocked", netuid)
        assert state.get(MODULE, "NetworkRegistrationQueue") == state.get(MODULE, "DissolveCleanupQueue") == []
        with pytest.raises(LabError, match="no place for subnet 171"):
            net.report_subnet()
