"""A model on a server that speaks OpenAI's protocol: vLLM, Ollama, llama.cpp, or a school's own server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from tao_lab.errors import LabError
from tao_lab.neurons.models.base import Deadline, Message, Model, ModelTimeout, Settings

KEY_VARIABLE = "TAO_LAB_API_KEY"
CONNECT_SECONDS = 10.0
MOST_NAMES = 20  # of a server's models in an error
KEPT = 2_000  # characters of a reply that are kept for the error if it has no answer
QUOTED = 200  # characters of an answer that an error quotes
SILENCE_SECONDS = 120.0  # a request without a timeout gives up when the server sends nothing for this long


class ServedModel(Model):
    """Asks `POST <url>/chat/completions`, streamed.

    Args:
        url: the server's base address, ending in /v1.
        served: name of the model; None takes its only one.
        api_key: sent as a bearer token; None takes TAO_LAB_API_KEY from the environment, otherwise from a file `.env`
            in this folder or a folder above it. It is never printed.

    Raises:
        LabError: the server does not answer or does not have this model; the key can't be sent, or is in the address.
    """

    def __init__(self, url: str, served: str | None = None, api_key: str | None = None):
        import httpx

        if "@" in urlsplit(url).netloc or urlsplit(url).query:
            raise LabError(f"the server's address holds a name, password or key; put the key into {KEY_VARIABLE}")
        self.name = url
        self.url = url.rstrip("/")
        self._key = _checked_key(api_key or key_here())
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        self._client = httpx.Client(headers=headers, timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS))
        self.served = self._choose(served)

    def describe(self) -> str:
        """The names of model and server."""
        return f"{self.served} at {self.url}"

    def _choose(self, wanted: str | None) -> str:
        names = [str(entry["id"]) for entry in self._models()]
        if wanted is None and len(names) == 1:
            return names[0]
        if wanted in names:
            return str(wanted)
        has = ", ".join(names[:MOST_NAMES]) + (
            f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        )
        has = has or "none"
        raise LabError(
            f"{self.url} does not have the model {wanted}; it has: {has}"
            if wanted
            else f"{self.url} has {len(names)} models; say which: {has}"
        )

    def _models(self) -> list[dict[str, Any]]:
        import httpx

        try:
            response = self._client.get(f"{self.url}/models")
            self._check(response.status_code, response.text)
            return list(response.json()["data"])
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        except (ValueError, KeyError, TypeError) as error:
            raise LabError(
                f"{self.url}/models does not answer as OpenAI's protocol says; is this the /v1 address?"
            ) from error

    def _stream(self, messages: list[Message], settings: Settings) -> Iterator[str]:
        body = {
            "model": self.served,
            "messages": [dict(message) for message in messages],
            "max_tokens": settings.max_tokens,
            "temperature": settings.temperature,
            "seed": settings.seed,
            "stream": True,
        }
        if settings.stop:
            body["stop"] = list(settings.stop)
        return self._pieces(body, Deadline(settings.timeout))

    def _pieces(self, body: dict[str, Any], deadline: Deadline) -> Iterator[str]:
        import httpx

        written, body_text, thought = "", "", False
        try:
            with self._client.stream(
                "POST", f"{self.url}/chat/completions", json=body, timeout=self._wait(deadline)
            ) as answer:
                if answer.status_code != httpx.codes.OK:
                    self._check(answer.status_code, answer.read().decode(errors="replace"))
                for line in answer.iter_lines():
                    if deadline.over:
                        raise ModelTimeout(deadline.seconds or 0, written)
                    body_text = (body_text + line + "\n")[:KEPT]
                    piece, thinks = self._piece(line)
                    thought = thought or thinks
                    if piece:
                        written += piece
                        yield piece
            if not written:
                raise self._empty(body_text, thought)
        except httpx.TimeoutException as error:
            if deadline.seconds is None:
                raise self._unreachable(error) from error
            raise ModelTimeout(deadline.seconds, written) from error
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def _wait(self, deadline: Deadline) -> Any:
        import httpx

        if deadline.left is None:
            return self._client.timeout
        return httpx.Timeout(max(deadline.left, 0.001), connect=min(CONNECT_SECONDS, max(deadline.left, 0.001)))

    def _check(self, status: int, text: str) -> None:
        if status in (401, 403):
            raise LabError(
                f"{self.url} refuses the key (HTTP {status}); set {KEY_VARIABLE} in the "
                "environment or a file .env, or give api_key"
            )
        if status != 200:
            raise LabError(f"{self.url} answered HTTP {status}: {self._quoted(text)}")

    def _quoted(self, text: str) -> str:
        """The beginning of a server's reply, in one line, without the key (some servers repeat the key)."""
        hidden = text.replace(self._key, "(the key)") if self._key else text
        return " ".join(hidden.split())[:QUOTED] or "(nothing)"

    def _unreachable(self, error: Exception) -> LabError:
        return LabError(
            f"{self.url} does not answer ({type(error).__name__}: {error}); start the server, and check the address: "
            "it usually ends in /v1"
        )

    def _piece(self, line: str) -> tuple[str, bool]:
        """The text in one line of a stream of server-sent events, and whether it is a thought instead of the answer."""
        kind, _, data = line.partition(":")
        if kind != "data" or data.strip() == "[DONE]":
            return "", False
        try:
            event = json.loads(data)
            if event == {}:
                return "", False
            deltas = [choice["delta"] for choice in event["choices"]]
            text = "".join(delta.get("content") or "" for delta in deltas)
            return text, any(delta.get("reasoning_content") or delta.get("reasoning") for delta in deltas)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LabError(f"the server sent what OpenAI's protocol does not know: {self._quoted(data)}") from error

    def _empty(self, text: str, thought: bool) -> LabError:
        """Why a reply with HTTP 200 has no answer; an empty text must not count as an answer."""
        if thought:
            return LabError(f"{self.served} at {self.url} only thought, and wrote no answer; allow more max_tokens")
        return LabError(
            f"{self.url} answered HTTP 200 without an answer in OpenAI's protocol; it began: {self._quoted(text)}"
        )


def key_here() -> str | None:
    """The key for a server: TAO_LAB_API_KEY of the environment, or of a file `.env` in this folder or above it."""
    from dotenv import dotenv_values, find_dotenv

    return os.environ.get(KEY_VARIABLE) or dotenv_values(find_dotenv(usecwd=True)).get(KEY_VARIABLE)


def _checked_key(key: str | None) -> str | None:
    """A key that HTTP can send; the error for another key doesn't show it."""
    key = (key or "").strip()
    if not key.isascii() or any(character.isspace() or not character.isprintable() for character in key):
        raise LabError(
            f"the key in {KEY_VARIABLE} or api_key has blanks, line ends or letters beyond ASCII; copy it again"
        )
    return key or None
