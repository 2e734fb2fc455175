"""A model behind any server that speaks OpenAI's protocol: vLLM, Ollama, llama.cpp, a school's own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from tao_lab.errors import LabError
from tao_lab.neurons.models.base import Deadline, Message, Model, ModelTimeout, Settings

KEY_VARIABLE = "TAO_LAB_API_KEY"
CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 120.0  # without a timeout of its own, a request gives up when the server says nothing for so long


class ServedModel(Model):
    """Asks `POST <url>/chat/completions`, streamed.

    Args:
        url: the server's base address, ending in /v1.
        served: which of its models; None takes its only one.
        api_key: sent as a bearer token; None takes TAO_LAB_API_KEY from the environment.

    Raises:
        LabError: the server does not answer, or has not this model.
    """

    def __init__(self, url: str, served: str | None = None, api_key: str | None = None):
        import httpx

        self.name = url
        self.url = url.rstrip("/")
        key = api_key or os.environ.get(KEY_VARIABLE)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(headers=headers, timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS))
        self.served = self._choose(served)

    def describe(self) -> str:
        """Which model of which server."""
        return f"{self.served} at {self.url}"

    def _choose(self, wanted: str | None) -> str:
        names = [str(entry["id"]) for entry in self._models()]
        if wanted is None and len(names) == 1:
            return names[0]
        if wanted in names:
            return str(wanted)
        has = ", ".join(names) or "none"
        raise LabError(
            f"{self.url} has not the model {wanted}; it has: {has}"
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

        written = ""
        try:
            with self._client.stream(
                "POST", f"{self.url}/chat/completions", json=body, timeout=self._wait(deadline)
            ) as answer:
                if answer.status_code != httpx.codes.OK:
                    self._check(answer.status_code, answer.read().decode(errors="replace"))
                for line in answer.iter_lines():
                    if deadline.over:
                        raise ModelTimeout(deadline.seconds or 0, written)
                    piece = _piece(line)
                    if piece:
                        written += piece
                        yield piece
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
            raise LabError(f"{self.url} refuses the key (HTTP {status}); set {KEY_VARIABLE}, or give api_key")
        if status != 200:
            raise LabError(f"{self.url} answered HTTP {status}: {' '.join(text.split())[:300]}")

    def _unreachable(self, error: Exception) -> LabError:
        return LabError(
            f"{self.url} does not answer ({type(error).__name__}: {error}); start the server, and check the address: "
            "it usually ends in /v1"
        )


def _piece(line: str) -> str:
    """The text in one line of a stream of server-sent events."""
    kind, _, data = line.partition(":")
    if kind != "data" or data.strip() == "[DONE]":
        return ""
    try:
        event = json.loads(data)
        return "".join(choice["delta"].get("content") or "" for choice in event["choices"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LabError(f"the server sent what OpenAI's protocol does not know: {data.strip()[:200]}") from error
