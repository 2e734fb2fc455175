"""The check of stiff English finds what people read, and leaves code alone."""

import json
import runpy

import pytest

from tao_lab.paths import ROOT

CHECK = runpy.run_path(str(ROOT / "scripts" / "prose.py"))
STIFF = "This word is none."


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("a.md", f"One.\n\n{STIFF}\n", [3]),
        ("a.md", f"One.\n```\n{STIFF}\n```\n`is none` is code.\n", []),
        ("a.md", "The word\nis\nnone.\n", [2]),
        ("a.md", "The word is none. <!-- prose: ok -->\n", []),
        ("a.py", f'"""{STIFF}"""\n', [1]),
        ("a.py", f"x = 1\n# {STIFF}\n", [2]),
        ("a.py", "x = 1\n# This word\n# is none.\n", [3]),
        ("a.py", 'hint = (\n    f"Your {1} "\n    "is none."\n)\n', [2]),
        ("a.py", 'key = "is_none"\nx = 1 if key is None else 2\n', []),
        ("a.md", "There is none. Who gets a seat? Who has to go?\n", []),
        ("a.md", "Who has a key can sign.\n", [1]),
    ],
)
def test_stiff_sentences_are_found_where_they_stand(tmp_path, name, text, lines):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    found = list(CHECK["stiff"](file, CHECK["patterns"]()))
    assert [int(one.removeprefix(f"{file}:").partition(":")[0]) for one in found] == lines


def test_a_notebook_is_read_by_its_prose(tmp_path):
    cells = [{"cell_type": kind, "source": [STIFF]} for kind in ("markdown", "code")]
    file = tmp_path / "a.ipynb"
    file.write_text(json.dumps({"cells": cells}, indent=1), encoding="utf-8")
    assert len(list(CHECK["stiff"](file, CHECK["patterns"]()))) == 1


def test_the_exit_code_says_whether_anything_is_stiff(tmp_path, capsys):
    (tmp_path / "good.md").write_text("This word is invalid.\n")
    (tmp_path / "bad.md").write_text(STIFF)
    assert CHECK["main"]([str(tmp_path / "good.md")]) == 0
    assert CHECK["main"]([str(tmp_path / "good.md"), str(tmp_path / "bad.md")]) == 1
    assert "'is none': is invalid" in capsys.readouterr().out
