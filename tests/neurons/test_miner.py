import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from bittensor_core import Keypair

from tao_lab.errors import LabError
from tao_lab.neurons.miner import REASONS, Miner, Policy
from tao_lab.neurons.miner import protocol as limits
from tao_lab.neurons.miner.admission import Admission, Rates
from tao_lab.neurons.miner.app import create_app
from tao_lab.neurons.miner.forward import FileForward, messages_of, model_forward
from tao_lab.neurons.peers import Peer, Peers
from tao_lab.neurons.wire import PATH, task_bytes
from tao_lab.neurons.work import Task
from tests.neurons.conftest import MINER, TASK, VALIDATOR, ask, signed

SECOND = 1_000_000_000


class Reached:
    """A model that counts how often it was asked."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    def __call__(self, task: Task) -> Any:
        self.tasks.append(task)
        return {"text": "Paris"}


@pytest.fixture
def model() -> Reached:
    return Reached()


@pytest.fixture
def miner(model: Reached) -> Iterator[Miner]:
    with Miner(model, wallet=MINER, kind="text") as miner:
        yield miner


def test_a_signed_task_is_answered(miner: Miner, model: Reached, http: httpx.Client) -> None:
    response = ask(http, miner.url)
    assert (response.status_code, response.json()) == (200, {"id": "t1", "content": {"text": "Paris"}})
    assert model.tasks == [TASK]
    assert (miner.served[0].caller, miner.served[0].outcome) == (VALIDATOR.ss58_address, "answered")


BODY = task_bytes(TASK)
OTHER = Keypair.from_uri("//other")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        pytest.param(BODY, lambda: {}, "unsigned", id="no signature"),
        pytest.param(BODY, lambda: {"X-Bittensor-Version": "1"}, "malformed_signature", id="half a signature"),
        pytest.param(BODY, lambda: signed(BODY) | {"X-Bittensor-Nonce": "now"}, "malformed_signature", id="nonce"),
        pytest.param(BODY, lambda: signed(BODY) | {"X-Bittensor-Signature": "0x00"}, "malformed_signature", id="short"),
        pytest.param(BODY + b" ", lambda: signed(BODY), "bad_signature", id="another body"),
        pytest.param(
            BODY,
            lambda: signed(BODY) | {"X-Bittensor-Hotkey": OTHER.ss58_address},
            "bad_signature",
            id="another's name",
        ),
        pytest.param(BODY, lambda: signed(BODY, to=OTHER.ss58_address), "wrong_receiver", id="for another miner"),
        pytest.param(BODY, lambda: signed(BODY, to=None), "wrong_receiver", id="for no miner"),
        pytest.param(BODY, lambda: signed(BODY, nonce_ns=time.time_ns() - 60 * SECOND), "stale", id="a slow clock"),
        pytest.param(BODY, lambda: signed(BODY, nonce_ns=time.time_ns() + 60 * SECOND), "stale", id="a fast clock"),
        pytest.param(b"{", lambda: signed(b"{"), "malformed_task", id="no JSON"),
        pytest.param(b" " * 2**21, lambda: signed(b""), "too_large", id="two megabytes"),
        pytest.param(
            BODY.replace(b'"text"', b'"code"'),
            lambda: signed(BODY.replace(b'"text"', b'"code"')),
            "wrong_kind",
            id="another kind of work",
        ),
    ],
)
def test_a_bad_request_is_refused_with_a_reason_before_the_model(
    miner: Miner, model: Reached, http: httpx.Client, body: bytes, headers: Any, code: str
) -> None:
    response = http.post(miner.url + PATH, content=body, headers=headers())
    refusal = response.json()
    assert (refusal["code"], response.status_code) == (code, REASONS[code][0])
    assert refusal["sentence"]
    assert refusal["mend"] == REASONS[code][1]
    assert model.tasks == []
    assert ask(http, miner.url).status_code == 200


def test_a_request_is_good_once(miner: Miner, model: Reached, http: httpx.Client) -> None:
    headers = signed(BODY)
    codes = [http.post(miner.url + PATH, content=BODY, headers=headers).status_code for _ in range(3)]
    assert codes == [200, 409, 409]
    assert len(model.tasks) == 1


def test_a_request_is_not_good_again_after_a_restart(model: Reached, http: httpx.Client) -> None:
    headers = signed(BODY)
    for expected in ("stale", "stale", "answered"):  # signed before the first start, between two, and after
        with Miner(model, wallet=MINER, kind="text") as miner:
            if expected == "answered":
                headers = signed(BODY)
            http.post(miner.url + PATH, content=BODY, headers=headers)
            assert list(miner.outcomes) == [expected]
            fresh = signed(BODY)
            assert http.post(miner.url + PATH, content=BODY, headers=fresh).status_code == 200
            headers = fresh


@pytest.mark.parametrize(
    "headers",
    [{"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": "8.8.8.8"}, {"Forwarded": "for=::1"}, {"X-Real-IP": "::1"}],
)
def test_the_world_behind_a_proxy_does_not_see_the_operators_pages(
    miner: Miner, http: httpx.Client, headers: dict[str, str]
) -> None:
    for page in ("/health", "/metrics"):
        assert http.get(miner.url + page, headers=headers).status_code == 404
    body = task_bytes(TASK)
    assert http.post(miner.url + PATH, content=body, headers=signed(body) | headers).status_code == 200


def test_a_body_without_a_length_is_counted(miner: Miner, model: Reached, http: httpx.Client) -> None:
    headers = signed(b"")
    response = http.post(miner.url + PATH, content=iter([b" " * 2**20] * 3), headers=headers)
    assert response.json()["code"] == "too_large"
    assert model.tasks == []


def test_a_slow_body_is_not_waited_for(model: Reached, http: httpx.Client) -> None:
    with Miner(model, wallet=MINER, policy=Policy(body_seconds=0.2)) as miner:
        head = "".join(f"{name}: {value}\r\n" for name, value in signed(BODY).items())
        with socket.create_connection(("127.0.0.1", int(miner.url.rsplit(":", 1)[1])), timeout=20) as connection:
            connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n{head}\r\n{{".encode())
            text = b"".join(iter(lambda: connection.recv(4096), b""))
        assert json.loads(text.partition(b"\r\n\r\n")[2])["code"] == "slow_body"
        assert ask(http, miner.url).status_code == 200
    assert len(model.tasks) == 1


@pytest.mark.parametrize("sent", [b"", b"POST / HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000])
def test_a_head_that_does_not_end_is_cut_off(
    model: Reached, http: httpx.Client, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(limits, "HEAD_SECONDS", 0.2)
    with Miner(model, wallet=MINER) as miner:
        with socket.create_connection(("127.0.0.1", int(miner.url.rsplit(":", 1)[1])), timeout=20) as connection:
            connection.sendall(sent)
            with suppress(ConnectionResetError):
                assert connection.recv(4096) == b""
        assert ask(http, miner.url).status_code == 200


def test_a_model_that_fails_or_is_late_costs_one_answer(http: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    release = threading.Event()

    def forward(task: Task) -> Any:
        match task.id:
            case "raises":
                return 1 / 0
            case "late":
                release.wait(20)
            case "no json":
                return {1, 2}
        return 1

    with caplog.at_level(logging.CRITICAL), Miner(forward, wallet=MINER, policy=Policy(workers=1)) as miner:
        codes = {
            name: ask(http, miner.url, Task(name, "text", {}, seconds=seconds)).json().get("code")
            for name, seconds in {"raises": 20, "no json": 20, "late": 0.3, "waits": 0.3, "good": 0.3}.items()
        }
        release.set()
        assert codes == {
            "raises": "model_failed",
            "no json": "model_failed",
            "late": "timeout",
            "waits": "timeout",
            "good": "timeout",
        }
        assert ask(http, miner.url).json()["content"] == 1
        assert "miner_tasks 0.0" in http.get(miner.url + "/metrics").text


def test_more_than_it_takes_is_refused_and_what_it_took_is_finished_on_the_way_out(http: httpx.Client) -> None:
    begun, release = threading.Event(), threading.Event()

    def forward(task: Task) -> Any:
        begun.set()
        release.wait(20)
        return "done"

    miner = Miner(forward, wallet=MINER, policy=Policy(workers=1, most_waiting=1)).start()
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(ask(http, miner.url, Task("1", "text", {}, 20))))
    asking.start()
    assert begun.wait(20)
    with httpx.Client(trust_env=False) as other:
        assert ask(other, miner.url).json()["code"] == "busy"
    closing = threading.Thread(target=miner.close)
    closing.start()
    release.set()
    asking.join()
    closing.join()
    assert answers[0].json()["content"] == "done"
    with pytest.raises(httpx.ConnectError):
        ask(http, miner.url)


def test_health_and_metrics_are_there(miner: Miner, http: httpx.Client) -> None:
    ask(http, miner.url)
    http.post(miner.url + PATH)
    assert http.get(miner.url + "/health").json() == {"status": "ok", "hotkey": miner.hotkey}
    metrics = http.get(miner.url + "/metrics").text
    assert 'miner_requests_total{outcome="answered"} 1.0' in metrics
    assert 'miner_requests_total{outcome="unsigned"} 1.0' in metrics
    assert miner.outcomes == {"answered": 1, "unsigned": 1}


def test_a_taken_port_is_named(miner: Miner) -> None:
    with pytest.raises(LabError, match="port is"):
        Miner(lambda task: 1, wallet=MINER, port=int(miner.url.rsplit(":", 1)[1])).start()


# --- whom it answers ------------------------------------------------------------------------------------------------


def peer(**changes: Any) -> Peer:
    values = {
        "uid": 3,
        "hotkey": VALIDATOR.ss58_address,
        "coldkey": "",
        "stake": 5 * 10**9,
        "permit": True,
        "active": True,
        "registered_at": 1,
        "last_update": 1,
        "axon": None,
    }
    return Peer(**{**values, **changes})


def chain_of(*peers: Peer) -> Peers:
    return Peers(100, {peer.hotkey: peer for peer in peers})


VALIDATOR_KEY = VALIDATOR.ss58_address


@pytest.mark.parametrize(
    ("policy", "peers", "code"),
    [
        (Policy(), chain_of(peer()), None),
        (Policy(), chain_of(), "not_registered"),
        (Policy(), None, "chain_unknown"),
        (Policy(), chain_of(peer(permit=False)), "no_permit"),
        (Policy(need_permit=False), chain_of(peer(permit=False)), None),
        (Policy(min_stake=6), chain_of(peer()), "too_little_stake"),
        (Policy(min_stake=5), chain_of(peer()), None),
        (Policy(blacklist=frozenset({VALIDATOR_KEY})), chain_of(peer()), "blacklisted"),
        (Policy(allowed=frozenset({VALIDATOR_KEY})), chain_of(), None),
    ],
)
def test_the_chain_says_who_is_answered(
    model: Reached, http: httpx.Client, policy: Policy, peers: Peers | None, code: str | None
) -> None:
    miner = Miner(model, wallet=MINER, policy=policy)
    admission: Admission = Admission(MINER.ss58_address, policy, lambda: peers)
    miner.app = create_app(admission, miner._bench, miner.metrics, miner.served)
    with miner:
        assert ask(http, miner.url).json().get("code") == code
    assert len(model.tasks) == (code is None)


def test_a_caller_has_a_rate_and_a_stranger_cannot_use_it_up(model: Reached, http: httpx.Client) -> None:
    with Miner(model, wallet=MINER, policy=Policy(per_minute=1, burst=2)) as miner:
        for _ in range(5):
            stolen = signed(BODY, by=OTHER) | {"X-Bittensor-Hotkey": VALIDATOR.ss58_address}
            assert http.post(miner.url + PATH, content=BODY, headers=stolen).json()["code"] == "bad_signature"
        codes = [ask(http, miner.url).status_code for _ in range(3)]
        assert codes == [200, 200, 429]
        assert ask(http, miner.url, by=OTHER).status_code == 200
        assert int(ask(http, miner.url).headers["retry-after"]) <= 60


def test_a_bucket_fills_again_with_time() -> None:
    now = [0.0]
    rates = Rates(0.5, 1, lambda: now[0])
    assert rates.take("a") == 0
    assert rates.take("a") == 2
    now[0] = 2.0
    assert rates.take("a") == 0


# --- where forward comes from ---------------------------------------------------------------------------------------


def test_a_changed_file_is_loaded_and_a_broken_one_is_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def forward(task):\n    return 1\n")
    forward = FileForward(file)
    assert forward(TASK) == 1
    file.write_text("async def forward(task):\n    return 'two'\n")
    assert forward(TASK) == "two"
    file.write_text("def forward(task:\n")
    assert forward(TASK) == "two"
    assert "does not load: SyntaxError" in caplog.text
    file.unlink()
    assert forward(TASK) == "two"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (None, "cannot be read"),
        ("x = 1 / 0\n", "ZeroDivisionError.*line 1"),
        ("def foward(task): ...\n", "no function `forward.*it defines foward"),
    ],
)
def test_a_file_that_is_no_miner_is_named(tmp_path: Path, code: str | None, says: str) -> None:
    file = tmp_path / "mine.py"
    if code is not None:
        file.write_text(code)
    with pytest.raises(LabError, match=says):
        FileForward(file)


def test_a_language_model_is_asked_the_task_s_question() -> None:
    class Echo:
        def generate(self, prompt: Any, *, max_tokens: int, seed: int, timeout: float | None) -> str:
            return f"{prompt[-1]['content']} {max_tokens} {timeout}"

    assert model_forward(Echo(), 128)(TASK) == {"text": "the capital of France? 128 30"}
    said = [{"role": "user", "content": "hi"}]
    assert messages_of(Task("1", "text", {"messages": said})) == said
    with pytest.raises(ValueError, match="needs one of"):
        messages_of(Task("1", "text", {"image": "…"}))
