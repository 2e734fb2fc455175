"""Vector files that cannot be run are refused in one line that says why."""

import json
import re

import pytest
from jsonschema import Draft202012Validator

from tao_lab import vectors
from tao_lab.paths import DATASETS, ROOT
from tao_lab.vectors import kinds

GOOD = json.loads((DATASETS / "vectors" / "epoch.json").read_text())


def write(path, data):
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def changed(**fields):
    vector = GOOD["vectors"][0]
    return {**GOOD, "vectors": [{**vector, "input": {**vector["input"], **fields}}]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[1, 2]", 'format is .list.; allowed: an object with "format"'),
        ('{"format": "tao-lab/vectors/2", "kind": "epoch", "vectors": []}', "format is 'tao-lab/vectors/2'"),
        ({**GOOD, "kind": "epock"}, "unknown kind 'epock'; known kinds: .*epoch"),
        ({**GOOD, "kind": ["epoch"]}, "unknown kind"),
        ({**GOOD, "vectors": []}, "at least one vector"),
        ({**GOOD, "vectors": [{"name": "x"}]}, r"vector 0 \(x\): 'input' is a required property"),
        ({**GOOD, "vectors": [3]}, "vector 0: 3 is not of type 'object'"),
        (changed(kappa=70_000), r"vector 0 \(bonds-1\): input.kappa: 70000 is greater than the maximum of 65535"),
        (changed(surprise=1), "'surprise' was unexpected"),
        (changed(yuma3="yes"), "input.yuma3: 'yes' is not of type 'boolean'"),
        ('{"format": "tao-lab/vectors/1", "kind": NaN}', "NaN is not a number"),
        ("[" * 100_000, "nested too deeply|is not JSON"),
    ],
)
def test_a_bad_file_is_refused(tmp_path, data, message):
    with pytest.raises(vectors.VectorFileError, match=message):
        vectors.load(write(tmp_path / "file.json", data))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"stake": [1, 2, 3]}, "bonds-1: input: stake: 3 entries; allowed: n = 8"),
        ({"weights": [[8, []]]}, "weights: uid is 8"),
        ({"stake": [2**63] * 8}, "stake: sum is"),
        ({"block": 1e3}, "block is 1000.0"),
    ],
)
def test_input_that_no_chain_has_is_the_file_s_fault(tmp_path, fields, message):
    file = vectors.load(write(tmp_path / "file.json", changed(**fields)))
    with pytest.raises(vectors.VectorFileError, match=message):
        vectors.verify(file)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path):
    with pytest.raises(vectors.VectorFileError, match="cannot be read"):
        vectors.load(tmp_path / "missing.json")
    with pytest.raises(vectors.VectorFileError, match="cannot be read"):
        vectors.load(tmp_path)
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(vectors.VectorFileError, match="not text in UTF-8"):
        vectors.load(binary)


@pytest.mark.parametrize("path", sorted((DATASETS / "vectors").glob("*.json")), ids=lambda path: path.stem)
def test_every_vector_that_the_lab_ships_passes(path):
    report = vectors.verify(vectors.load(path))
    assert report.passed > 0
    assert report.failures == ()


def test_the_first_difference_is_named(tmp_path):
    data = json.loads(json.dumps({**GOOD, "vectors": GOOD["vectors"][:2]}))
    data["vectors"][1]["expected"]["consensus"][4] += 1
    report = vectors.verify(vectors.load(write(tmp_path / "file.json", data)))
    assert str(report) == "1 passed, 1 failed"
    (failure,) = report.failures
    assert str(failure) == "bonds-2: consensus: at [4]: is 6553, the chain has 6554"


def test_the_kind_of_the_documentation_works(tmp_path, monkeypatch):
    text = (ROOT / "docs" / "vectors.md").read_text(encoding="utf-8")
    entry, file = re.findall(r"   ```(?:python|json)\n(.*?)   ```", text, re.DOTALL)
    made = eval(re.sub(r"^   ", "", entry, flags=re.MULTILINE), vars(kinds))
    monkeypatch.setitem(vectors.KINDS, made.name, made)
    number = {"type": "integer"}
    schema = {"properties": {"input": {"properties": {"mine": number, "yours": number}}}}
    monkeypatch.setattr(vectors.files, "_validator", lambda kind: Draft202012Validator(schema))
    report = vectors.verify(vectors.load(write(tmp_path / "sum.json", file)))
    assert str(report).endswith("1 passed, 0 failed")
    three = json.loads(file)["vectors"][0]
    wrong = {**json.loads(file), "vectors": [{**three, "expected": {"sum": 4}}]}
    (failure,) = vectors.verify(vectors.load(write(tmp_path / "wrong.json", wrong))).failures
    assert failure.vector == "three"
