"""Every number that the public chain's own epoch tests assert, against the vectors made from their scenarios.

Source: `pallets/subtensor/src/tests/epoch.rs`.
"""

import json

import pytest
from scenarios import (
    BONDS_RESET_EPOCHS,
    GRAPH_NEURONS,
    GRAPH_VALIDATORS,
    all_vectors,
    graph_512,
    permit_cases,
    permit_validators,
    upscaled,
)

from tao_lab.consensus import EpochInput, epoch
from tao_lab.paths import DATASETS

FILE = DATASETS / "vectors" / "epoch-subtensor-tests.json"
VECTORS = {vector["name"]: vector for vector in json.loads(FILE.read_text())["vectors"]}
TAO = 1_000_000_000


def expected(name):
    return VECTORS[name]["expected"]


def bond(terms, uid, column):
    """As `get_bonds` of the chain: dense, zero where there is no entry."""
    rows = {row: dict(map(tuple, entries)) for row, entries in terms["bonds"]}
    return rows.get(uid, {}).get(column, 0)


@pytest.mark.slow
def test_the_file_is_what_its_script_makes():
    assert list(VECTORS.values()) == all_vectors()
    assert FILE.stat().st_size < 400_000


def test_set_weights_stores_rows_with_the_highest_value_at_65535():
    assert upscaled([2 * (65_535 // 3), 65_535 // 3]) == [65_535, 32_768]
    assert upscaled([16_383, 32_767, 49_149, 65_535]) == [16_383, 32_767, 49_149, 65_535]
    assert upscaled([127, 127, 0]) == [65_535, 65_535, 0]
    assert upscaled([0, 0]) == [0, 0]


def test_a_neuron_alone_cannot_vote_for_itself():
    terms = expected("1-graph-0")
    assert terms["consensus"] == terms["incentive"] == terms["dividends"] == [0]


def test_ten_neurons_with_self_weights_are_paid_by_stake():
    terms = expected("10-graph-0")
    assert terms["consensus"] == terms["incentive"] == terms["dividends"] == [0] * 10
    assert terms["emission"] == [99_999_999] * 10


def check_512(terms):
    validators, servers = GRAPH_VALIDATORS, GRAPH_NEURONS - GRAPH_VALIDATORS
    assert terms["consensus"] == terms["incentive"] == [0] * validators + [146] * servers
    assert terms["dividends"] == [1_023] * validators + [0] * servers
    assert terms["emission"] == [7_812_500] * validators + [1_116_071] * servers


def test_64_validators_share_half_and_448_servers_the_other_half():
    check_512(expected("512-graph-0"))


@pytest.mark.slow
def test_three_epochs_of_512_neurons_change_no_bond():
    vectors = graph_512(epochs=3)
    for vector in vectors:
        check_512(vector["expected"])
        held = vector["expected"]["bonds"]
        assert held == [[uid, [[j, 65_535] for j in range(64, 512)]] for uid in range(64)]
    # the file's vector differs from the first of these in the scale of its rows only
    small = expected("512-graph-0")
    assert small == {name: vectors[0]["expected"][name] for name in small}
    assert epoch(EpochInput.from_json(vectors[-1]["input"])).terms().to_json() == vectors[-1]["expected"]


@pytest.mark.parametrize(
    ("name", "column", "values"),
    [
        ("bonds-1", 4, [16_383, 32_767, 49_151, 65_535]),
        ("bonds-2", 4, [14_582, 32_767, 49_151, 65_535]),
        ("bonds-3", 4, [12_603, 28_321, 49_151, 65_535]),
        ("bonds-4", 7, [12_602, 28_320, 49_150, 65_535]),
        ("bonds-5", 7, [10_951, 24_609, 49_150, 65_535]),
        ("bonds-6", 7, [9_559, 21_482, 49_150, 65_535]),
        ("bonds-7", 7, [8_376, 18_824, 49_150, 65_535]),
    ],
)
def test_bonds_follow_the_weights(name, column, values):
    assert [bond(expected(name), uid, column) for uid in range(4)] == values


FOUR_SERVERS = [49_998_779, 100_000_610, 149_996_337, 200_004_272]  # weights 0.1, 0.2, 0.3, 0.4
LAST_SERVER = [0, 0, 0, 500_000_000]


@pytest.mark.parametrize(
    ("name", "validators", "servers"),
    [
        ("bonds-1", [49_999_998, 99_999_999, 150_000_000, 200_000_001], FOUR_SERVERS),
        ("bonds-2", [44_998_351, 101_110_561, 151_667_215, 202_223_870], FOUR_SERVERS),
        ("bonds-3", [40_496_805, 90_999_783, 157_929_636, 210_573_773], FOUR_SERVERS),
        ("bonds-4", [99_999_999, 199_999_999, 299_999_999, 399_999_999], [0] * 4),
        ("bonds-5", [36_443_733, 81_898_628, 163_565_493, 218_092_144], LAST_SERVER),
        ("bonds-6", [32_799_427, 73_706_612, 168_638_129, 224_855_830], LAST_SERVER),
        ("bonds-7", [29_518_068, 66_336_137, 173_203_134, 230_942_659], LAST_SERVER),
        ("bonds-8", [26_565_175, 59_701_871, 177_311_856, 236_421_095], LAST_SERVER),
    ],
)
def test_emission_is_what_the_test_of_bonds_prints(name, validators, servers):
    assert expected(name)["emission"] == validators + servers


@pytest.mark.parametrize(
    ("name", "dividends", "emission", "bonds"),
    [
        ("active-stake-1", [32_767, 32_767], [250_000_000, 250_000_000], [65_535, 65_535]),
        ("active-stake-2", [36_044, 29_490], [274_999_999, 224_999_999], [65_535, 53_619]),
        ("active-stake-3", [35_716, 29_818], [272_501_132, 227_498_866], [65_535, 54_712]),
    ],
)
def test_inactive_stake_earns_by_its_old_bonds_only(name, dividends, emission, bonds):
    terms = expected(name)
    assert terms["dividends"][:2] == dividends
    assert terms["emission"][:2] == emission
    assert [bond(terms, uid, server) for uid in (0, 1) for server in (2, 3)] == [b for b in bonds for _ in range(2)]
    assert [bond(terms, uid, column) for uid in (0, 1) for column in (0, 1)] == [0] * 4


def test_servers_earn_the_same_as_validators_while_all_agree():
    assert expected("active-stake-1")["emission"] == [250_000_000] * 4


def test_weights_from_before_a_registration_do_not_count():
    assert expected("outdated-weights-1")["emission"] == [250_000_000, 250_000_000, 333_331_637, 166_668_361]
    terms = expected("outdated-weights-2")
    assert terms["dividends"][0] == 32_767
    assert terms["emission"] == [250_000_000, 250_000_000, 500_000_000, 0]
    assert (bond(terms, 0, 2), bond(terms, 0, 3)) == (65_535, 65_535)


@pytest.mark.parametrize(
    ("name", "emission"),
    [
        ("zero-weights-0", [TAO, 0]),
        ("zero-weights-1", [TAO, 0]),
        ("zero-weights-2", [TAO, 0]),
        ("zero-weights-3", [TAO // 2, TAO // 2]),
    ],
)
def test_without_weights_that_count_stake_is_paid(name, emission):
    assert expected(name)["emission"] == emission


def test_bonds_in_a_replaced_miner_start_again():
    before, after = expected("deregistered-miner-bonds-1"), expected("deregistered-miner-bonds-2")
    assert bond(before, 0, 2) > 0
    assert bond(before, 0, 3) > 0
    assert bond(after, 0, 2) >= bond(before, 0, 2)
    assert bond(after, 0, 3) <= bond(before, 0, 3)
    assert bond(after, 0, 3) == 0


@pytest.mark.parametrize("case", list(permit_cases()), ids=str)
def test_permits_go_to_the_highest_stakes_above_the_threshold(case):
    interleave, n, seats, assignment = case
    chosen = permit_validators(interleave, n, seats)
    name = f"validator-permits-{interleave}-{n}-{assignment}"
    first, second = VECTORS[f"{name}-0"], VECTORS[f"{name}-1"]
    stake = first["input"]["stake"]
    assert first["expected"]["validator_permit"] == [uid in chosen and stake[uid] >= seats for uid in range(n)]
    assert second["expected"]["validator_permit"] == [uid not in chosen for uid in range(n)]


def test_the_owner_may_give_weight_to_itself():
    terms = expected("can-set-self-weight-as-subnet-owner-0")
    assert terms["server_emission"][0] == terms["server_emission"][1] > 0


def test_a_single_staker_without_weights_gets_all():
    terms = expected("epoch-outputs-single-staker-registered-no-weights-0")
    assert abs(sum(terms["server_emission"]) + sum(terms["validator_emission"]) - TAO) <= 1_000


def test_weights_committed_before_a_registration_do_not_reach_the_new_miner():
    masked, open_weights = (expected(f"epoch-masks-incoming-to-sniped-uid-prevents-inheritance-{k}") for k in range(2))
    assert masked["incentive"][2] == 0
    assert open_weights["incentive"] == [0, 0, 65_535]  # what the mask takes away


def test_only_registrations_after_the_open_commit_are_masked():
    assert expected("epoch-does-not-mask-outside-window-but-masks-inside-0")["incentive"] == [0, 65_535, 0, 0]


# test -> for each epoch: dividends of the three validators, and their bonds in each server
YUMA_3 = {
    "kappa-moves-first": [
        ([0.8, 0.1, 0.1], [[0.1013, 0.0], [0.1013, 0.0], [0.1013, 0.0]]),
        ([1.0, 0.0, 0.0], [[0.0908, 0.1013], [0.3697, 0.0], [0.3697, 0.0]]),
        ([0.9382, 0.0618, 0.0], [[0.0815, 0.1924], [0.317, 0.1013], [0.558, 0.0]]),
        ([0.8819, 0.0773, 0.0407], [[0.0731, 0.2742], [0.2765, 0.1924], [0.4306, 0.1013]]),
        ([0.8564, 0.0844, 0.0592], [[0.0656, 0.3478], [0.2435, 0.2742], [0.3589, 0.1924]]),
        ([0.8418, 0.0884, 0.0697], [[0.0588, 0.4139], [0.2157, 0.3478], [0.3089, 0.2742]]),
    ],
    "kappa-moves-second": [
        ([0.8, 0.1, 0.1], [[0.1013, 0.0], [0.1013, 0.0], [0.1013, 0.0]]),
        ([0.8446, 0.0498, 0.1056], [[0.1924, 0.0], [0.0908, 0.2987], [0.1924, 0.0]]),
        ([0.6868, 0.3132, 0.0], [[0.1715, 0.1013], [0.0815, 0.3697], [0.4336, 0.0]]),
        ([0.7421, 0.209, 0.0489], [[0.1531, 0.1924], [0.0731, 0.4336], [0.3608, 0.1013]]),
        ([0.7625, 0.1706, 0.0669], [[0.1369, 0.2742], [0.0656, 0.491], [0.3103, 0.1924]]),
        ([0.773, 0.1508, 0.0762], [[0.1225, 0.3478], [0.0588, 0.5426], [0.2712, 0.2742]]),
    ],
    "kappa-moves-last": [
        ([0.8, 0.1, 0.1], [[0.1013, 0.0], [0.1013, 0.0], [0.1013, 0.0]]),
        ([0.8446, 0.0498, 0.1056], [[0.1924, 0.0], [0.0908, 0.2987], [0.1924, 0.0]]),
        ([0.8966, 0.0333, 0.0701], [[0.2742, 0.0], [0.0815, 0.5081], [0.1715, 0.2987]]),
        ([0.4663, 0.321, 0.2127], [[0.2416, 0.1013], [0.0731, 0.558], [0.1531, 0.3697]]),
        ([0.5976, 0.234, 0.1683], [[0.2141, 0.1924], [0.0656, 0.6028], [0.1369, 0.4336]]),
        ([0.6592, 0.1932, 0.1475], [[0.1903, 0.2742], [0.0588, 0.643], [0.1225, 0.491]]),
    ],
    "one-epoch-switch": [
        ([0.33, 0.33, 0.34], [[0.1013, 0.0], [0.1013, 0.0], [0.1013, 0.0]]),
        ([0.33, 0.33, 0.34], [[0.1924, 0.0], [0.1924, 0.0], [0.1924, 0.0]]),
        ([0.3782, 0.3782, 0.2436], [[0.2742, 0.0], [0.2742, 0.0], [0.1715, 0.2987]]),
        ([0.3628, 0.3628, 0.2745], [[0.3478, 0.0], [0.3478, 0.0], [0.2554, 0.2618]]),
        ([0.3541, 0.3541, 0.2917], [[0.4139, 0.0], [0.4139, 0.0], [0.3309, 0.2312]]),
        ([0.3487, 0.3487, 0.3026], [[0.4733, 0.0], [0.4733, 0.0], [0.3987, 0.2051]]),
    ],
    "liquid-alpha-disabled": [
        ([0.33, 0.33, 0.34], [[0.025, 0.0], [0.025, 0.0], [0.025, 0.0]]),
        ([0.33, 0.33, 0.34], [[0.0494, 0.0], [0.0494, 0.0], [0.0494, 0.0]]),
        ([0.3734, 0.3734, 0.2532], [[0.0731, 0.0], [0.0731, 0.0], [0.0481, 0.025]]),
        ([0.3611, 0.3611, 0.2779], [[0.0963, 0.0], [0.0963, 0.0], [0.0719, 0.0244]]),
        ([0.3541, 0.3541, 0.2919], [[0.1189, 0.0], [0.1189, 0.0], [0.0951, 0.0238]]),
        ([0.3495, 0.3495, 0.3009], [[0.1409, 0.0], [0.1409, 0.0], [0.1178, 0.0232]]),
    ],
    "stable-miner": [
        ([0.8, 0.1, 0.1], [[0.0507, 0.0, 0.0507], [0.0507, 0.0, 0.0507], [0.0507, 0.0, 0.0507]]),
        ([0.8226, 0.0745, 0.1028], [[0.0962, 0.0, 0.0962], [0.0455, 0.1, 0.0962], [0.0962, 0.0, 0.0962]]),
        ([0.775, 0.1685, 0.0565], [[0.0863, 0.0507, 0.1371], [0.0408, 0.1405, 0.1371], [0.177, 0.0, 0.1371]]),
        ([0.7864, 0.1372, 0.0764], [[0.0774, 0.0962, 0.1739], [0.0367, 0.177, 0.1739], [0.1579, 0.0507, 0.1739]]),
        ([0.7912, 0.1241, 0.0847], [[0.0694, 0.1371, 0.2069], [0.0329, 0.2097, 0.2069], [0.1411, 0.0962, 0.2069]]),
        ([0.7937, 0.1173, 0.089], [[0.0623, 0.1739, 0.2366], [0.0296, 0.2391, 0.2366], [0.1263, 0.1371, 0.2366]]),
    ],
    "bonds-reset": [
        ([0.8, 0.1, 0.1], [[0.1013, 0.0], [0.1013, 0.0], [0.1013, 0.0]]),
        ([0.8944, 0.0528, 0.0528], [[0.1924, 0.0], [0.0908, 0.2987], [0.0908, 0.2987]]),
        ([0.523, 0.2385, 0.2385], [[0.1715, 0.1013], [0.0815, 0.3697], [0.0815, 0.3697]]),
        ([0.7919, 0.104, 0.104], [[0.0269, 0.8539], [0.0131, 0.8975], [0.0131, 0.8975]]),
        ([0.7928, 0.1036, 0.1036], [[0.0, 0.8687], [0.0, 0.9079], [0.0, 0.9079]]),
        ([0.8467, 0.0766, 0.0766], [[0.0, 0.882], [0.2987, 0.6386], [0.2987, 0.6386]]),
        ([0.7928, 0.1036, 0.1036], [[0.8687, 0.0578], [0.9079, 0.0523], [0.9079, 0.0523]]),
    ],
}


def yuma_3_cases():
    for test, epochs in YUMA_3.items():
        numbers = BONDS_RESET_EPOCHS if test == "bonds-reset" else range(len(epochs))
        for number, (dividends, bonds) in zip(numbers, epochs, strict=True):
            yield pytest.param(f"yuma-3-{test}-{number}", dividends, bonds, id=f"{test}-{number}")


@pytest.mark.parametrize(("name", "dividends", "bonds"), list(yuma_3_cases()))
def test_yuma_3_pays_and_bonds_as_printed(name, dividends, bonds):
    terms = expected(name)
    servers = range(3, VECTORS[name]["input"]["n"])
    assert [u16 / 65_535 for u16 in terms["dividends"]] == pytest.approx(dividends + [0.0] * len(servers), abs=1e-3)
    for uid, row in enumerate(bonds):
        assert [bond(terms, uid, server) / 65_535 for server in servers] == pytest.approx(row, abs=1e-3)
