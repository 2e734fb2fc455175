"""Metagraphs that somebody else wrote."""

import gzip
import json

import pytest

from tao_lab.datasets import MetagraphFileError, load_metagraph
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
