"""Files that are made once are found again, unless something is wrong with them."""

from pathlib import Path

import pytest

from tao_lab.kept_files import kept


@pytest.mark.parametrize(
    "damaged", [lambda data: b"", lambda data: data[:-1], lambda data: bytes(len(data)), lambda data: b"x" + data]
)
def test_a_damaged_file_is_made_again(damaged, tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    source, made = tmp_path / "source.py", []

    def make():
        made.append(1)
        return b"content"

    for _ in range(2):
        assert kept("name.code", source, make) == b"content"
    assert len(made) == 1
    (file,) = Path(tmp_path / "kept").iterdir()
    file.write_bytes(damaged(file.read_bytes()))
    for _ in range(2):
        assert kept("name.code", source, make) == b"content"
    assert len(made) == 2


def test_what_cannot_be_made_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    assert kept("name.code", tmp_path / "source.py", lambda: None) is None
    assert not (tmp_path / "kept").exists()
