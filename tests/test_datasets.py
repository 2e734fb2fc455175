"""Metagraphs that somebody else wrote, and the block of mainnet that comes with the lab."""

import gzip
import json
import re
from fractions import Fraction

import pytest

from tao_lab.datasets import MAINNET_9240381, MainnetFileError, MetagraphFileError, load_mainnet, load_metagraph
from tao_lab.errors import LabError

GOOD = {
    "n": 2,
    "netuid": 7,
    "block": 5,
    "hotkeys": ["a", "b"],
    "stake_tao": [1.5, 0],
    "weights_u16": [[0, [[1, 65_535]]]],
}


def written(tmp_path, **changes):
    file = tmp_path / "metagraph.json.gz"
    file.write_bytes(gzip.compress(json.dumps({**GOOD, **changes}).encode()))
    return file


def test_a_metagraph_is_read(tmp_path):
    found = load_metagraph(written(tmp_path))
    assert (found.n, found.netuid, found.stake.tolist()) == (2, 7, [1_500_000_000, 0])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stake_tao": [float("nan"), 1]}, "stake_tao of UID 0 is nan; allowed: 0 to 21,000,000 τ"),
        ({"stake_tao": [1, float("inf")]}, "stake_tao of UID 1 is inf"),
        ({"stake_tao": [1, -2.5]}, "stake_tao of UID 1 is -2.5"),
        ({"stake_tao": [1e30, 0]}, "stake_tao of UID 0 is 1e[+]30"),
        ({"stake_tao": ["much", 0]}, "not a metagraph: could not convert"),
        ({"stake_tao": [1]}, "stake_tao should be a list with an entry for each of the 2 neurons"),
        ({"hotkeys": "ab"}, "hotkeys should be a list"),
        ({"n": -1}, "n is -1; allowed: a whole number from 0 to 65,535"),
        ({"n": 2.5}, "n is 2.5"),
        ({"block": None}, "block is None"),
        ({"block": 10**30}, "block is 1000.*; allowed: a whole number from 0 to 4,294,967,295"),
        ({"netuid": 65_536}, "netuid is 65536; allowed: a whole number from 0 to 65,535"),
        ({"hotkeys": ["a", float("nan")]}, "hotkeys of UID 1 is nan; allowed: an address"),
        ({"hotkeys": [None, "b"]}, "hotkeys of UID 0 is None"),
        ({"weights_u16": [[5, []]]}, "weights_u16: uid"),
        ({"weights_u16": [[0, [[1, -1]]]]}, "not a metagraph: weights_u16"),
        ({"weights_u16": 3}, "not a metagraph"),
    ],
)
def test_numbers_that_no_chain_has_are_named(tmp_path, changes, said):
    with pytest.raises(MetagraphFileError, match=said):
        load_metagraph(written(tmp_path, **changes))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "ends too early|not a metagraph"),
        (b'{"n": 2}', "not a gzip file"),
        (gzip.compress(json.dumps(GOOD).encode())[:-12], "ends too early"),
        (gzip.compress(b"[]"), "should be an object with n, netuid"),
        (gzip.compress(b'{"n": 2}'), "it lacks netuid, block"),
        (gzip.compress(b"\xff\xfe"), "not a metagraph"),
        (gzip.compress(b"{"), "not a metagraph"),
    ],
    ids=["empty", "plain", "cut", "list", "lacks", "not text", "not JSON"],
)
def test_a_file_that_is_no_metagraph_says_what_it_is(tmp_path, content, said):
    file = tmp_path / "metagraph.json.gz"
    file.write_bytes(content)
    with pytest.raises(LabError, match=said) as caught:
        load_metagraph(file)
    assert str(file) in str(caught.value)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(MetagraphFileError, match="cannot be read"):
        load_metagraph(tmp_path / "nowhere.json.gz")


# --- mainnet at block 9,240,381 -----------------------------------------------------------------------------------

BITS32, BITS64 = 1 << 32, 1 << 64


@pytest.fixture(scope="module")
def mainnet():
    return load_mainnet()


def test_the_block_of_mainnet_is_what_its_readme_says(mainnet):
    idle = [subnet.netuid for subnet in mainnet.subnets if not subnet.started]
    assert (mainnet.block, mainnet.spec, len(mainnet.subnets), idle) == (9_240_381, 475, 128, [59, 82, 86])
    assert [subnet.netuid for subnet in mainnet.subnets] == list(range(1, 129))


def test_each_subnet_got_its_share_by_price_burn_gate_and_switch(mainnet):
    prices = [Fraction(subnet.moving_price) for subnet in mainnet.started]
    kept = [1 - min(Fraction(subnet.miner_burned, BITS32), Fraction(1)) for subnet in mainnet.started]
    ranked = _parts([price * rest for price, rest in zip(prices, kept, strict=True)])
    bar = Fraction(mainnet.emission_gate_bar, BITS64)
    gated = [part / (1 + (bar / part) ** mainnet.emission_gate_exponent) if part else part for part in ranked]
    shares = _parts([part * s.emission_enabled for part, s in zip(gated, mainnet.started, strict=True)])
    paid = [subnet.tao_in + subnet.excess_tao for subnet in mainnet.started]
    assert all(abs(mainnet.block_emission * s - p) < 2 for s, p in zip(shares, paid, strict=True))
    assert mainnet.block_emission - len(paid) <= sum(paid) <= mainnet.block_emission


def _parts(amounts):
    total = sum(amounts)
    return [amount / total for amount in amounts]


def test_above_root_proportion_times_alpha_emission_tao_buys_alpha(mainnet):
    capped = 0
    for subnet in mainnet.started:
        price = Fraction(subnet.price, BITS64)
        cap = Fraction(subnet.root_prop, BITS32) * subnet.alpha_out_emission
        worth = (subnet.tao_in + subnet.excess_tao) / price  # alpha for all of its TAO
        if worth > cap:
            capped += 1
            assert subnet.excess_tao > 0
            assert abs(subnet.alpha_in_emission - cap) < 1
            assert abs(subnet.tao_in - cap * price) < 2
        else:
            assert subnet.excess_tao == 0
            assert abs(subnet.alpha_in_emission * price - subnet.tao_in) < 2
    assert capped == 36


def test_root_proportion_counts_the_alpha_in_and_outside_the_pool(mainnet):
    root = mainnet.root_tao * Fraction(mainnet.tao_weight, BITS64)
    for subnet in mainnet.started:
        expected = root / (root + subnet.alpha_in + subnet.alpha_out)
        assert abs(expected - Fraction(subnet.root_prop, BITS32)) < Fraction(1, 10**9)


def test_the_pools_grew_by_what_the_block_paid(mainnet):
    other = [s.netuid for s in mainnet.subnets if s.pool_next.tao != s.tao + s.tao_in + s.excess_tao]
    assert other == [24]  # a user traded there


def test_pools_come_from_the_smallest_to_the_largest(mainnet):
    pools = mainnet.pools()
    reserves = [pool.tao for pool in pools.values()]
    assert reserves == sorted(reserves)
    assert (len(pools), *[list(pools)[i] for i in (0, -1)]) == (125, 70, 64)
    assert pools[64].tao == 202_370_030_367_666


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data.pop("subnets"), "it lacks subnets"),
        (lambda data: data.pop("spec"), "it lacks spec"),
        (lambda data: data.update(spec="475"), "spec is '475'; allowed: int"),
        (lambda data: data.update(spec=True), "spec is True; allowed: int"),
        (lambda data: data.update({"more\n": 1}), r"'more\n' is unknown"),
        (lambda data: data.update(subnets={}), "should be an object with a list `subnets`"),
        (lambda data: data["subnets"].append(7), "7 should be an object"),
        (lambda data: data["subnets"][3].update(tao=-1), "tao is -1; allowed: 0 or more"),
        (lambda data: data["subnets"][3].update(tao=1.5), "tao is 1.5; allowed: int"),
        (lambda data: data["subnets"][3].update(started=1), "started is 1; allowed: bool"),
        (lambda data: data["subnets"][3].pop("tao_in"), "it lacks tao_in"),
        (lambda data: data["subnets"].clear(), "its list `subnets` is empty"),
        (lambda data: data["subnets"].append(data["subnets"][3]), "netuid 4 is there 2 times; allowed: once"),
        (lambda data: data["subnets"][3].update(tao=2**64), f"netuid 4: tao is {2**64}; allowed: "),
        (lambda data: data["subnets"][3].update(quote_weight_next=0), "netuid 4: quote_weight is 0; allowed: "),
    ],
)
def test_a_damaged_block_of_mainnet_is_named(tmp_path, change, said):
    data = json.loads(MAINNET_9240381.read_text())
    change(data)
    file = tmp_path / "mainnet.json"
    file.write_text(json.dumps(data))
    with pytest.raises(MainnetFileError, match=re.escape(said)):
        load_mainnet(file)


@pytest.mark.parametrize("content", ["", "[]", "3", "{"])
def test_a_file_that_is_no_block_of_mainnet_says_so(tmp_path, content):
    file = tmp_path / "mainnet.json"
    file.write_text(content)
    with pytest.raises(MainnetFileError, match="not mainnet's emission"):
        load_mainnet(file)
    with pytest.raises(MainnetFileError, match="cannot be read"):
        load_mainnet(tmp_path / "nowhere.json")
