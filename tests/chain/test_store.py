import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tao_lab.chain.chain import Chain
from tao_lab.chain.errors import DatabaseCorrupt, DatabaseFull, DatabaseLocked, StoreError
from tao_lab.chain.store import FORMAT
from tests.chain.conftest import TAO, account, free, key, run


def test_a_chain_goes_on_where_it_was_closed(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    chain = Chain(path)
    run(chain, "faucet", "Balances", "transfer_keep_alive", dest=account("bob"), value=TAO)
    head, root = chain.head, chain._tree.root
    chain.close()
    again = Chain(path)
    assert again.head == head
    assert again._tree.root == root
    assert free(again, "bob") == TAO
    run(again, "faucet", "Balances", "transfer_keep_alive", dest=account("bob"), value=TAO)
    assert again.verify() is None
    again.close()


@pytest.mark.parametrize("blocks", [0, 5])
def test_a_copy_of_an_open_chain_without_its_log_says_so(tmp_path: Path, blocks: int) -> None:
    path, copy = tmp_path / "chain.db", tmp_path / "copy.db"
    chain = Chain(path)
    for _ in range(blocks):
        chain.produce_block()
    shutil.copy(path, copy)
    for _ in range(2):
        with pytest.raises(DatabaseCorrupt, match=r"copied while the chain was open, without its log .*copy\.db-wal"):
            Chain(copy)
    shutil.copy(f"{path}-wal", f"{copy}-wal")
    both = Chain(copy)
    assert both.head == chain.head
    both.close()
    chain.close()
    shutil.copy(path, copy)
    closed = Chain(copy)
    assert closed.head.number == blocks
    closed.close()


@pytest.mark.slow
def test_a_chain_that_nobody_closed_opens_again(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    program = (
        f"from pathlib import Path; from tao_lab.chain.chain import Chain; Chain(Path({str(path)!r})).produce_block()"
    )
    for number in (1, 2):
        subprocess.run([sys.executable, "-c", program], check=True)
        shutil.copy(path, tmp_path / "copy.db")
        copy = Chain(tmp_path / "copy.db")
        assert copy.head.number == number
        copy.close()


def test_a_second_process_is_told_that_the_file_is_taken(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "chain.db")
    with pytest.raises(DatabaseLocked, match="another process has this chain open"):
        Chain(tmp_path / "chain.db")
    assert chain.produce_block().number == 1
    chain.close()


def test_a_file_that_is_no_chain_is_refused_and_left_alone(tmp_path: Path) -> None:
    text, other = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("no database " * 500)
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE things (a)")
    db.close()
    for path in (text, other):
        before = path.read_bytes()
        with pytest.raises(DatabaseCorrupt):
            Chain(path)
        if path == text:
            assert path.read_bytes() == before


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_damaged_file_never_opens_as_if_it_were_whole(tmp_path: Path, share: float) -> None:
    path = tmp_path / "chain.db"
    chain = Chain(path)
    for _ in range(20):
        run(chain, "faucet", "Balances", "transfer_keep_alive", dest=account("bob"), value=TAO)
    chain.close()
    data = bytearray(path.read_bytes())
    start = int(len(data) * share) // 4096 * 4096
    data[start : start + 4096] = bytes(4096)
    path.write_bytes(data)
    try:
        damaged = Chain(path)
        found = damaged.verify()
        damaged.close()
    except StoreError:
        return
    assert found is not None


def test_a_chain_on_the_schema_of_before_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    chain = Chain(path)
    chain.produce_block()
    chain.store.set_meta("format", "tao-lab/chain/2")
    chain.close()
    with pytest.raises(StoreError, match=r"on the schema of spec 461; this one has that of spec 475"):
        Chain(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE meta SET value = ? WHERE name = 'format'", (FORMAT,))
        database.commit()
    again = Chain(path)
    assert (again.head.number, again.verify()) == (1, None)
    again.close()


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        Chain(tmp_path / "nowhere" / "chain.db")


def test_a_full_disk_loses_the_block_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    chain = Chain(path)
    run(chain, "faucet", "Balances", "transfer_keep_alive", dest=account("bob"), value=TAO)
    head = chain.head
    pages = chain.store._db.execute("PRAGMA page_count").fetchone()[0]
    chain.store._db.execute(f"PRAGMA max_page_count = {pages}")
    chain.submit(chain.sign(key("faucet"), "System", "remark", {"remark": "x" * 100_000}))
    with pytest.raises(DatabaseFull, match="no room for the next block"):
        chain.produce_block()
    assert chain.head == head
    assert chain.next_nonce(account("faucet")) == 2
    chain.store._db.execute("PRAGMA max_page_count = 1000000")
    assert len(chain.produce_block().extrinsics) == 2
    chain.close()
    again = Chain(path)
    assert again.verify() is None
    assert again.head.number == 2
    again.close()


def test_reading_the_past_and_writing_a_block_search_an_index_and_scan_nothing(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "chain.db")
    plans: list[str] = []
    chain.produce_block()
    chain.store._db.set_trace_callback(plans.append)
    chain.at(0).get("System", "Account", account("faucet"))
    chain.produce_block()
    chain.store._db.set_trace_callback(None)
    statements = [plan for plan in plans if plan.startswith(("SELECT", "INSERT"))]
    assert any("block <=" in statement for statement in statements)
    for statement in statements:
        detail = [row[3] for row in chain.store._db.execute("EXPLAIN QUERY PLAN " + statement)]
        assert not any(step.startswith("SCAN") for step in detail), (statement, detail)
    chain.close()


# Imports once, then forks a writer for each line it reads, and says when that writer is dead.
WRITERS = """
import os, sys
from pathlib import Path
from tao_lab.chain.chain import Chain
from tests.chain.conftest import account, key
path = Path(sys.argv[1])
say = lambda line: os.write(1, f"{line}\\n".encode())  # whole, or not at all
for _ in sys.stdin:
    writer = os.fork()
    if writer:
        os.waitpid(writer, 0)
        say("dead")
        continue
    say(os.getpid())
    chain = Chain(path)
    say(chain.head.number)
    while True:
        args = {"dest": account("bob"), "value": 1_000_000}
        chain.submit(chain.sign(key("faucet"), "Balances", "transfer_keep_alive", args))
        say(chain.produce_block().number)
"""


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", WRITERS, str(tmp_path / "chain.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.mark.slow
def test_fifty_kills_lose_no_committed_block_and_leave_no_half_one(
    writers: subprocess.Popen[str], tmp_path: Path
) -> None:
    path = tmp_path / "chain.db"
    random.seed(5)
    committed = 0
    assert writers.stdin is not None
    assert writers.stdout is not None
    for _ in range(50):
        print(file=writers.stdin, flush=True)
        writer = int(writers.stdout.readline())
        told = [int(writers.stdout.readline()) for _ in range(random.randint(1, 4))]  # not "dead" on its own
        time.sleep(random.uniform(0.0, 0.02))  # at any moment of a block
        os.kill(writer, signal.SIGKILL)
        for line in iter(writers.stdout.readline, "dead\n"):
            assert line, "the process that forks writers has died"
            told.append(int(line))
        committed = max([committed, *told])
        chain = Chain(path)
        assert chain.head.number >= committed
        committed = chain.head.number
        assert chain.state.get("System", "Number") == committed
        assert free(chain, "bob") == 1_000_000 * committed
        assert chain.verify() is None
        chain.close()
    assert committed > 50
