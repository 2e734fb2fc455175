import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.errors import LabError
from tao_lab.neurons.peers import Endpoint, Peer, Peers, _endpoint_or_none, endpoint, is_local, may_be_asked, published
from tao_lab.neurons.validator import weights_of
from tao_lab.neurons.validator.asking import Target, ask_all, http_client
from tao_lab.neurons.validator.journal import Journal, read_journals
from tao_lab.neurons.validator.sampling import longest_waiting
from tao_lab.neurons.validator.scores import Commit, Record, Scores
from tao_lab.neurons.validator.weights import as_u16
from tao_lab.neurons.work import Answer, Task
from tests.neurons.conftest import MINER, TASK, VALIDATOR


def peer(hotkey: str, uid: int = 0, registered_at: int = 1) -> Peer:
    return Peer(uid, hotkey, "", 0, False, True, registered_at, 0, ("127.0.0.1", 1))


# --- sampling -------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.sets(st.integers(0, 30), max_size=4), st.sets(st.integers(0, 30), max_size=4)), max_size=40),
    st.integers(1, 5),
)
def test_whoever_stays_is_asked_within_their_place_in_the_queue(
    changes: list[tuple[set[int], set[int]]], most: int
) -> None:
    turns: dict[str, int] = {f"m{number}": number for number in range(12)}
    turn, waits = 100, {name: -(-(place + 1) // most) for place, name in enumerate(turns)}
    for joins, leaves in changes:
        for number in leaves:
            turns.pop(f"m{number}", None)
            waits.pop(f"m{number}", None)
        for number in joins - {int(name[1:]) for name in turns}:
            turn += 1
            turns[f"m{number}"] = turn
            waits[f"m{number}"] = -(-len(turns) // most)
        asked = longest_waiting(turns, most)
        assert len(asked) == min(most, len(turns))
        for name in turns:
            waits[name] -= 1
        for name in asked:
            turn += 1
            turns[name] = turn
            waits[name] = -(-len(turns) // most)
        assert all(wait > 0 for wait in waits.values())


# --- memory ---------------------------------------------------------------------------------------------------------


def test_scores_survive_a_restart_and_forget_who_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "scores.db"
    scores = Scores(file, 0.5)
    gone, new = scores.keep([peer("a"), peer("b"), peer("c")])
    assert (gone, sorted(new)) == ([], ["a", "b", "c"])
    scores.record({"a": 1.0, "b": 0.5, "c": 0.0}, ["a", "b"])
    scores.record({"a": 1.0, "c": 0.0}, ["a"])
    before, seed = scores.all(), scores.seed
    scores.close()
    again = Scores(file, 0.5)
    assert (again.all(), again.seed, again.step) == (before, seed, 2)
    assert before["a"] == Record("a", 0.75, 2, 2, 0)
    assert before["b"] == Record("b", 0.25, 1, 1, 0)
    assert before["c"] == Record("c", 0.0, 2, 0, 2)
    assert again.keep([peer("a", registered_at=9), peer("b", uid=2)]) == (["a", "c"], ["a"])
    assert again.all() == {"a": Record("a", 0.0, 0, 0, 0), "b": before["b"]}
    assert again.next_to_ask(1) == ["b"]
    again.close()


def test_a_step_that_fails_leaves_nothing() -> None:
    scores = Scores(":memory:", 0.5)
    scores.keep([peer("a"), peer("b")])
    before = (scores.all(), scores.step, scores.next_to_ask(2))
    with pytest.raises(ValueError, match="bad"):
        scores.record({"a": 1.0, "b": _Bad()}, ["a"])  # type: ignore[dict-item]
    assert (scores.all(), scores.step, scores.next_to_ask(2)) == before


class _Bad:
    def __conform__(self, protocol: Any) -> Any:
        raise ValueError("bad")


def test_commits_are_remembered_until_they_are_forgotten(tmp_path: Path) -> None:
    commit = Commit("0x01", [1, 2], [65_535, 3], [7, 8], 2**40)
    scores = Scores(tmp_path / "scores.db", 0.5)
    scores.add_commit(commit)
    scores.close()
    again = Scores(tmp_path / "scores.db", 0.5)
    assert again.commits() == [commit]
    again.forget_commit(commit)
    assert again.commits() == []
    again.close()


def test_a_file_that_is_no_memory_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("shopping list, " * 100)
    with pytest.raises(LabError, match=r"notes\.db cannot be used"):
        Scores(tmp_path / "notes.db", 0.5)
    with pytest.raises(LabError, match="rate is 0"):
        Scores(":memory:", 0)


# --- weights --------------------------------------------------------------------------------------------------------


def rows(**scores: tuple[float, int]) -> dict[str, Record]:
    return {name: Record(name, score, 9, 9 - silent, silent) for name, (score, silent) in scores.items()}


PEERS = Peers(5, {name: peer(name, uid) for uid, name in enumerate("abcde")})


@pytest.mark.parametrize(
    ("records", "fewest", "expected"),
    [
        ({}, 4, {}),
        (rows(b=(0.0, 0)), 4, {}),
        (rows(b=(0.5, 0), c=(0.25, 2), d=(0.9, 3)), 0, {1: 0.5, 2: 0.25}),
        (rows(a=(0.9, 0), b=(0.5, 0), gone=(0.9, 0)), 0, {1: 0.5}),
        (rows(b=(0.5, 0), c=(1e-9, 0)), 0, {1: 0.5}),
        (rows(b=(0.5, 0)), 3, {1: 0.5, 2: 0.5 / 65_535, 3: 0.5 / 65_535}),
        (rows(b=(0.5, 0)), 9, {1: 0.5, 2: 0.5 / 65_535, 3: 0.5 / 65_535, 4: 0.5 / 65_535}),
    ],
)
def test_weights_are_scores_without_the_silent_the_gone_and_oneself(
    records: dict[str, Record], fewest: int, expected: dict[int, float]
) -> None:
    assert weights_of(records, PEERS, "a", fewest) == expected


@given(st.dictionaries(st.integers(0, 255), st.floats(1e-4, 1), min_size=1, max_size=20), st.integers(1, 65_535))
def test_u16_weights_are_what_the_chain_takes(weights: dict[int, float], highest: int) -> None:
    uids, values = as_u16(weights, highest)
    assert uids == sorted(set(uids))
    assert all(0 < value <= 65_535 for value in values)
    assert max(values) == 65_535
    if len(weights) * highest > 65_535 * 1.01:
        assert max(values) / sum(values) <= highest / 65_535 * 1.001


# --- asking ---------------------------------------------------------------------------------------------------------


def ask(*targets: Target, task: Task = TASK, local: bool = True) -> list[Answer]:
    async def work() -> list[Answer]:
        async with http_client() as http:
            return await ask_all(http, VALIDATOR, task, targets, local=local)

    return asyncio.run(work())


@pytest.fixture
def raw() -> Iterator[Any]:
    """Starts servers that send given bytes to whoever connects."""
    open_sockets: list[socket.socket] = []

    def serve(*parts: bytes) -> Endpoint:
        listener = socket.create_server(("127.0.0.1", 0))
        open_sockets.append(listener)

        def answer() -> None:
            try:
                connection, _ = listener.accept()
                open_sockets.append(connection)
                while b'"seconds"' not in connection.recv(65_536):
                    pass
                for part in parts:
                    connection.sendall(part)
            except OSError:
                return
            if parts:
                connection.close()

        threading.Thread(target=answer, daemon=True).start()
        return "127.0.0.1", listener.getsockname()[1]

    yield serve
    for one in open_sockets:
        one.close()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n" % 2**20 + b" " * 2**20 + b"\r\n"


def ok(body: bytes) -> bytes:
    return OK % (len(body), body)


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([ok(b'{"id": "t1", "content": 3}')], ""),
        ([ok(b"<html>")], "malformed: the answer is not JSON"),
        ([ok(b'{"id": "other", "content": 3}')], "malformed: the answer does not name this task"),
        ([b"\x00\xff"], "unreachable: RemoteProtocolError"),
        ([b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"], "refused: HTTP 302"),
        ([b"HTTP/1.1 500 Oh\r\nContent-Length: 1\r\n\r\nx"], "refused: HTTP 500"),
        ([ENDLESS, *[CHUNK] * 9], "malformed: the answer is longer"),
        ([b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"], "malformed: the answer is no"),
    ],
    ids=["good", "a web page", "another task", "no HTTP", "elsewhere", "an error", "endless", "compressed"],
)
def test_whatever_a_miner_sends_is_an_answer_or_a_named_problem(raw: Any, parts: list[bytes], problem: str) -> None:
    (answer,) = ask(Target(MINER.ss58_address, raw(*parts)))
    assert answer.problem.startswith(problem)
    assert bool(answer.problem) == bool(problem)
    assert answer.content == (None if problem else 3)


def test_one_that_never_answers_holds_nobody_up(raw: Any) -> None:
    late, good = raw(), raw(ok(b'{"id": "t1", "content": 3}'))
    hotkey = MINER.ss58_address
    free = ("127.0.0.1", socket.create_server(("127.0.0.1", 0)).getsockname()[1])
    targets = [Target(hotkey, late), Target(hotkey, good), Target(hotkey, None), Target(hotkey, free)]
    answers = ask(*targets, task=Task("t1", "text", {}, seconds=3))  # a busy machine is slow to ask the good one
    names = [answer.problem.partition(":")[0] for answer in answers]
    assert names == ["timeout", "", "not serving", "unreachable"]


def test_addresses_of_private_networks_are_not_asked() -> None:
    hosts = {"8.8.8.8": True, "2001:4860:4860::8888": True, "127.0.0.1": False, "10.0.0.1": False, "169.254.1.1": False}
    assert {host: may_be_asked(host, local=False) for host in hosts} == hosts
    assert may_be_asked("127.0.0.1", local=True)
    assert not may_be_asked("10.0.0.1", local=True)
    assert ask(Target(MINER.ss58_address, ("127.0.0.1", 9)), local=False)[0].problem.startswith("not asked")
    for name in ("ws://127.0.0.1:9944", "ws://localhost:1", "local"):
        assert is_local(name)
    for name in ("finney", "test", "wss://entrypoint-finney.opentensor.ai:443"):
        assert not is_local(name)


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::a00:1", False),
        ("2002:7f00:1::", False),
        ("2002:a9fe:a9fe::1", False),
        ("2002:808:808::1", True),
        ("2001:0:7f00:1::", False),  # Teredo: server, then the client's address with its bits turned
        ("2001:0:808:808::80ff:fffe", False),
        ("2606:4700::5efe:7f00:1", False),
        ("2606:4700::200:5efe:10.0.0.1", False),
        ("2606:4700::200:5efe:8.8.8.8", True),
        ("fec0::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff0e::1", False),
        ("::", False),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
        ("255.255.255.255", False),
    ],
)
def test_an_address_that_leads_to_a_private_one_is_not_asked(host: str, public: bool) -> None:
    assert may_be_asked(host, local=False) is public


def test_an_axon_that_is_no_address_hides_no_other_miner() -> None:
    assert [_endpoint_or_none(axon) for axon in ("8.8.8.8:80", "nowhere:1", "8.8.8.8:x", "")] == [
        ("8.8.8.8", 80),
        None,
        None,
        None,
    ]


def test_this_machine_is_listed_under_an_address_that_the_chain_takes() -> None:
    assert published("127.0.0.1") == published("::1") == "::ffff:127.0.0.1"
    assert endpoint("[::ffff:7f00:1]:8091") == ("127.0.0.1", 8091)
    assert endpoint("[::ffff:127.0.0.1]:8091") == ("127.0.0.1", 8091)
    assert published("8.8.8.8") == "8.8.8.8"
    assert endpoint("8.8.8.8:80") == ("8.8.8.8", 80)


# --- journal --------------------------------------------------------------------------------------------------------


def test_a_journal_is_read_back_without_its_torn_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "v.jsonl", 7, "5V")
    journal.write("asked", 3, hotkey="5M", problem="")
    journal.close()
    with (tmp_path / "v.jsonl").open("a") as file:
        file.write('{"event": "ask')
    (line,) = read_journals(tmp_path)
    assert (line["event"], line["netuid"], line["block"], line["validator"]) == ("asked", 7, 3, "5V")
    assert json.loads(json.dumps(line)) == journal.newest[0]
