"""04.4: whom a miner does not answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace  # for the example in the docstring
from typing import Any

import numpy as np
from bittensor import http_auth
from bittensor_core import Keypair

from tao_lab.course.exercise import Case, Edit, Exercise, Values, WrongAnswer, read_values
from tao_lab.course.lab04 import ours
from tao_lab.course.lab04.pieces import Request
from tao_lab.vectors import AnswerError

__all__ = ["EXERCISE", "SimpleNamespace"]

ANSWERED = "answered"
ROW = ["MalformedAuth", ANSWERED, ANSWERED, "ReplayedRequest", "BadSignature", "WrongReceiver", "StaleRequest",
       "ReplayedRequest", "BadSignature"]  # fmt: skip


def admit(requests, hotkey):
    """What becomes of each request, in the order in which they come.

    requests  list  each with method, path, headers, body, arrived_ns
    hotkey    str   address of your hotkey

    Returns a list of "answered" or the name of the refusal's type, such as "StaleRequest".

    >>> knock = SimpleNamespace(method="POST", path="/forward", headers={}, body=b"{}", arrived_ns=0)
    >>> admit([knock], "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY")  # it is not signed
    ['MalformedAuth']
    """
    seen, outcomes = http_auth.InMemoryNonceStore(), []
    for request in requests:
        try:
            http_auth.verify(
                request.headers,
                request.body,
                method=request.method,
                path=request.path,
                self_hotkey_ss58=hotkey,
                nonce_store=seen,
                now_ns=request.arrived_ns,
            )
            outcomes.append("answered")
        except http_auth.AuthError as error:
            outcomes.append(type(error).__name__)
    return outcomes


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """One good request; none signed; the same twice; changed; for somebody else; late; all in a row."""
    validator, miner, other = (Keypair.create_from_seed(rng.bytes(32)) for _ in range(3))
    mine, now = miner.ss58_address, 1_800_000_000_000_000_000
    body = b'{"id":"t1","kind":"text","content":{"question":"What is the capital of Peru?"},"seconds":12}'

    def signed(number: int, receiver: str = mine, age: float = 0.1) -> Request:
        at = now + number * 1_000_000
        headers = http_auth.sign(
            validator, method="POST", path="/forward", body=body, receiver_ss58=receiver, nonce_ns=at
        )
        return Request("POST", "/forward", headers, body, at + round(age * 1e9))

    good, again = signed(1), signed(2)
    changed = Request("POST", "/forward", signed(3).headers, body.replace(b"Peru", b"Cuba"), signed(3).arrived_ns)
    unsigned = Request("POST", "/forward", {"content-type": "application/json"}, body, now)
    elsewhere, late = signed(4, receiver=other.ss58_address), signed(5, age=60)
    moved = Request("POST", "/admin", signed(6).headers, body, signed(6).arrived_ns)
    fetched = Request("GET", "/forward", signed(7).headers, body, signed(7).arrived_ns)
    for about, requests, said in (
        ("nobody knocks", [], []),
        ("one signed request", [good], [ANSWERED]),
        ("one that is not signed", [unsigned], ["MalformedAuth"]),
        ("two different ones", [good, again], [ANSWERED] * 2),
        ("the same one twice", [good, good], [ANSWERED, "ReplayedRequest"]),
        ("one whose body was changed on its way", [changed], ["BadSignature"]),
        ("one that was signed for another miner", [elsewhere], ["WrongReceiver"]),
        ("one that is a minute old", [late], ["StaleRequest"]),
        ("one that was signed for another path", [moved], ["BadSignature"]),
        ("one that was signed for another method", [fetched], ["BadSignature"]),
        ("all of them in a row", [unsigned, good, again, good, changed, elsewhere, late, again, moved], ROW),
    ):
        expected = {f"request {i}": word for i, word in enumerate(said, start=1)}
        yield Case({"requests": requests, "hotkey": mine}, about, expected=expected)


def read(result: Any, case: Case) -> Values:
    """A word for each request."""
    count = len(case.arguments["requests"])
    if not isinstance(result, (list, tuple)) or len(result) != count:
        raise AnswerError(f"`outcomes` should be a list with a word for each of the {count} requests.")
    return {f"request {i}": read_values(outcome=str)(word, case)["outcome"] for i, word in enumerate(result, start=1)}


def _signature_is_there(requests: Sequence[Request], hotkey: str) -> list[str]:
    signed = [any(name.lower() == "x-bittensor-signature" for name in request.headers) for request in requests]
    return ["answered" if one else "MalformedAuth" for one in signed]


_HEADERS = "{name.lower(): value for name, value in request.headers.items()}"

EXERCISE = Exercise(
    id="04.4",
    title="Whom a miner does not answer",
    solution=admit,
    reference=ours.admit,
    cases=cases,
    read=read,
    look="Take the request that comes out otherwise: what is wrong with it, and which argument of `verify` would tell?",
    unlocks="Nobody uses your card in a validator's name. Next: why the report's miner earned nothing.",
    wrong_answers=(
        Edit(
            "nonces forgotten",
            {"nonce_store=seen": "nonce_store=http_auth.InMemoryNonceStore()"},
            "Who sends a recorded request again gets a second answer. How long does your nonce store remember?",
        ),
        Edit(
            "requests for somebody else",
            {"self_hotkey_ss58=hotkey": f'self_hotkey_ss58={_HEADERS}.get("x-bittensor-receiver", hotkey)'},
            "You answer requests that were signed for another miner. Whose hotkey must stand in a request?",
        ),
        Edit(
            "the body left out",
            {"request.body": 'b""'},
            "You refuse good requests. What does the signature cover besides the headers?",
        ),
        Edit(
            "never late",
            {"now_ns=request.arrived_ns": f'now_ns=int({_HEADERS}.get("x-bittensor-nonce", "0"))'},
            "You take the time of the signature for the time of arrival, so no request is ever too old.",
        ),
        WrongAnswer(
            "a signature is there",
            "You look whether there is a signature, and not whether it fits. Anybody can send sixty-four bytes.",
            _signature_is_there,
        ),
        Edit(
            "one name for all refusals",
            {"type(error).__name__": '"AuthError"'},
            "You call all refusals the same. What tells the caller which of them it was?",
        ),
        Edit(
            "the error's text",
            {"type(error).__name__": "str(error)"},
            "You return what the error says. Wanted is what kind of error it is.",
        ),
        Edit(
            "a fixed path",
            {"path=request.path": 'path="/forward"'},
            "You verify one path whatever was asked for, so a request that is signed for one door opens another.",
        ),
        Edit(
            "a fixed method",
            {"method=request.method": 'method="POST"'},
            "You verify `POST` whatever the request's method is.",
        ),
        Edit(
            "this computer's clock",
            {"now_ns=request.arrived_ns": "now_ns=None"},
            "You compare with this computer's clock, as `verify` does if nobody says otherwise. When did these "
            "requests come?",
        ),
        Edit(
            "only whether it is refused",
            {"type(error).__name__": '"refused"'},
            "You say only that a request is refused. Wanted is the name of the error's type.",
        ),
    ),
)
