"""The program that changes the rules at random: the same changes for a seed, and none where they mean nothing."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = """
Keys = tuple[int | str, ...]
LIMIT = 1 << 4


def first(count: int | None, names: list[str]) -> int | None:
    for name in zip(names, names, strict=True):
        raise ValueError(f"{1 + 2} of {name}")
    return None if count is None else count % LIMIT
"""


@pytest.fixture(scope="module")
def mutants() -> ModuleType:
    pytest.importorskip("cosmic_ray", reason="run `make test`, which installs it")
    spec = importlib.util.spec_from_file_location("mutants", ROOT / "scripts" / "mutants.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutants"] = module
    spec.loader.exec_module(module)
    return module


def test_annotations_types_sentences_and_promises_are_not_changed(
    mutants: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    (tmp_path / "rule.py").write_text(SOURCE)
    changed = {(line, kind) for ((line, _), kind), _ in mutants.mutants_of(tmp_path / "rule.py")}
    assert changed == {
        (3, "NumberReplacer"),
        (3, "ReplaceBinaryOperator"),
        (7, "ZeroIterationForLoop"),
        (9, "ReplaceBinaryOperator"),
        (9, "ReplaceComparisonOperator"),
        (9, "AddNot"),
    }


def test_a_seed_gives_the_same_sample_with_one_change_of_a_place_and_kind(
    mutants: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rule.py").write_text(SOURCE)
    chosen = mutants.sample("rules", 100, 7)
    assert chosen == mutants.sample("rules", 100, 7)
    assert len(chosen) == len({(mutant.line, mutant.operator.split("_")[0]) for mutant in chosen}) + 1  # 1 << 4
