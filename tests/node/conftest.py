import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tao_lab.chain.chain import Chain
from tests.chain.conftest import chain
from tests.node.populated import populate

__all__ = ["chain"]


@pytest.fixture(scope="session")
def populated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a network with something of everything."""
    path = tmp_path_factory.mktemp("populated") / "net.db"
    populate(path)
    return path


@pytest.fixture
def populated(populated_file: Path, tmp_path: Path) -> Iterator[Chain]:
    """A copy of that network."""
    copy = tmp_path / "net.db"
    shutil.copy(populated_file, copy)
    chain = Chain(copy)
    yield chain
    chain.close()
