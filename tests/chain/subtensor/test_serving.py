"""Endpoints and identities. Numbers from `pallets/subtensor/src/tests/serving.rs`."""

from typing import Any

import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.errors import InvalidTransaction
from tao_lab.chain.pallets.subtensor.serving import is_valid_ip
from tests.chain.conftest import account, key
from tests.chain.subtensor.conftest import MODULE, NETUID, add_hotkey, add_neuron, do, refused, set_hyper

ENDPOINT = {"netuid": NETUID, "version": 2, "ip": 1_676_056_785, "port": 128, "ip_type": 4}
AXON = {**ENDPOINT, "protocol": 0, "placeholder1": 0, "placeholder2": 0}
CALLS: dict[str, tuple[dict[str, Any], str]] = {
    "serve_axon": (AXON, "Axons"),
    "serve_axon_tls": ({**AXON, "certificate": "CERT"}, "Axons"),
    "serve_prometheus": (ENDPOINT, "Prometheus"),
}
each = pytest.mark.parametrize("name", CALLS)


@pytest.fixture
def served(ctx: Context) -> Context:
    """A miner with a UID."""
    add_neuron(ctx, "miner", "bob")
    return ctx


@each
def test_an_endpoint_is_stored_with_its_block(served: Context, name: str) -> None:
    args, item = CALLS[name]
    event = "PrometheusServed" if item == "Prometheus" else "AxonServed"
    assert do(served, "miner", name, **args) == [{event: (NETUID, account("miner"))}]
    stored = {field: args[field] for field in args if field not in ("netuid", "certificate")}
    assert served.state.get(MODULE, item, NETUID, account("miner")) == {"block": 10, **stored}


@each
def test_what_is_no_endpoint(served: Context, name: str) -> None:
    args, item = CALLS[name]

    def error(who: str = "miner", **change: int) -> str:
        return refused(served, who, name, **{**args, **change})

    assert error(who="root") == "BadOrigin"
    assert error(who="bob") == "HotKeyNotRegisteredInNetwork"
    assert error(netuid=2) == "HotKeyNotRegisteredInNetwork"
    assert error(ip_type=5) == "InvalidIpType"
    assert error(ip=0x7F000001) == "InvalidIpAddress"
    assert error(ip=2**32 - 1) == "InvalidIpAddress"
    assert error(ip=1, ip_type=6) == "InvalidIpAddress"
    assert error(port=0) == "InvalidPort"
    wrong = error(who="bob", ip_type=5)
    assert wrong == ("InvalidIpType" if item == "Prometheus" else "HotKeyNotRegisteredInNetwork")


@each
def test_an_endpoint_changes_once_in_a_rate_limit(served: Context, name: str) -> None:
    args, item = CALLS[name]
    set_hyper(served, ServingRateLimit=2)
    do(served, "miner", name, **args)
    served.block += 1
    assert refused(served, "miner", name, **args) == "ServingRateLimitExceeded"
    set_hyper(served, ServingRateLimit=0)
    do(served, "miner", name, **{**args, "port": 129})
    set_hyper(served, ServingRateLimit=2)
    served.block += 2
    do(served, "miner", name, **{**args, "port": 130})
    assert served.state.get(MODULE, item, NETUID, account("miner"))["port"] == 130


def test_an_axon_with_ip_zero_is_taken_back_but_no_prometheus(served: Context) -> None:
    do(served, "miner", "serve_axon", **{**AXON, "ip": 0})
    assert refused(served, "miner", "serve_prometheus", **{**ENDPOINT, "ip": 0}) == "InvalidIpAddress"


@pytest.mark.parametrize(
    ("certificate", "stored"),
    [
        ("CERT", {"public_key": "ERT", "algorithm": ord("C")}),
        ("0x00" + "ff" * 64, {"public_key": "0x" + "ff" * 64, "algorithm": 0}),
        ("0x00" + "ff" * 65, None),
        ("", None),
    ],
)
def test_a_certificate_is_stored_if_it_is_one(served: Context, certificate: str, stored: dict[str, Any] | None) -> None:
    do(served, "miner", "serve_axon_tls", **AXON, certificate=certificate)
    assert served.state.get(MODULE, "NeuronCertificates", NETUID, account("miner")) == stored


@pytest.mark.parametrize(
    ("ip_type", "ip", "valid"),
    [
        (4, 0x08080808, True),
        (4, 0xC0A80101, True),
        (4, 2**32 - 2, True),
        (4, 2**32 - 1, False),
        (4, 2**32, False),
        (4, 0x7F000001, False),
        (4, 0, False),
        (6, 2**128 - 2, True),
        (6, 2**128 - 1, False),
        (6, 1, False),
        (6, 2, True),
        (6, 0, False),
    ],
)
def test_addresses_that_the_chain_takes(ip_type: int, ip: int, valid: bool) -> None:
    assert is_valid_ip(ip_type, ip, allow_zero=False) is valid
    assert is_valid_ip(ip_type, ip, allow_zero=True) is (valid or ip == 0)


def test_a_bad_endpoint_never_enters_a_block_because_serving_is_free(served: Context, chain: Chain) -> None:
    chain.produce_block()
    with pytest.raises(InvalidTransaction, match="InvalidPort") as caught:
        chain.submit(chain.sign(key("miner"), MODULE, "serve_axon", {**AXON, "port": 0}))
    assert caught.value.custom == 13
    chain.submit(chain.sign(key("miner"), MODULE, "serve_axon", AXON))
    chain.produce_block()
    assert chain.state.get(MODULE, "Axons", NETUID, account("miner"))["port"] == 128


# --- identities -------------------------------------------------------------------------------------------------

IDENTITY = {
    "name": "n" * 256,
    "url": "u" * 256,
    "github_repo": "g" * 256,
    "image": "i" * 1_024,
    "discord": "d" * 256,
    "description": "é" * 512,
    "additional": "",
}
SUBNET = {
    "subnet_name": "n" * 256,
    "github_repo": "g" * 1_024,
    "subnet_contact": "c" * 1_024,
    "subnet_url": "u" * 1_024,
    "discord": "d" * 256,
    "description": "d" * 1_024,
    "logo_url": "l" * 1_024,
    "additional": "a" * 1_024,
}


def test_a_coldkey_with_a_neuron_says_who_it_is(served: Context) -> None:
    assert refused(served, "alice", "set_identity", **IDENTITY) == "HotKeyNotRegisteredInNetwork"
    add_hotkey(served, "idle", "alice")
    assert refused(served, "alice", "set_identity", **IDENTITY) == "HotKeyNotRegisteredInNetwork"
    assert do(served, "bob", "set_identity", **IDENTITY) == [{"ChainIdentitySet": account("bob")}]
    assert served.state.get(MODULE, "IdentitiesV2", account("bob")) == IDENTITY


@pytest.mark.parametrize("field", IDENTITY)
def test_a_field_of_an_identity_has_a_longest_size_in_bytes(served: Context, field: str) -> None:
    longest = 1_024 if field in ("image", "description", "additional") else 256
    args = {**IDENTITY, field: "x" * (longest + 1)}
    assert refused(served, "bob", "set_identity", **args) == "InvalidIdentity"


def test_the_owner_says_what_a_subnet_is(served: Context) -> None:
    set_hyper(served, SubnetOwner=account("alice"))
    assert refused(served, "bob", "set_subnet_identity", netuid=NETUID, **SUBNET) == "NotSubnetOwner"
    assert refused(served, "alice", "set_subnet_identity", netuid=2, **SUBNET) == "NotSubnetOwner"
    long = {**SUBNET, "logo_url": "x" * 1_025}
    assert refused(served, "alice", "set_subnet_identity", netuid=NETUID, **long) == "InvalidIdentity"
    assert do(served, "alice", "set_subnet_identity", netuid=NETUID, **SUBNET) == [{"SubnetIdentitySet": NETUID}]
    assert served.state.get(MODULE, "SubnetIdentitiesV3", NETUID) == SUBNET


def test_a_hotkey_is_claimed_once(ctx: Context) -> None:
    do(ctx, "alice", "try_associate_hotkey", hotkey=account("hot"))
    do(ctx, "bob", "try_associate_hotkey", hotkey=account("hot"))
    assert ctx.state.get(MODULE, "Owner", account("hot")) == account("alice")
    assert ctx.state.get(MODULE, "OwnedHotkeys", account("bob")) == []
    assert ctx.state.get(MODULE, "StakingHotkeys", account("alice")) == [account("hot")]
