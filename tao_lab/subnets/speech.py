"""Speech: a waveform for a sentence (like SN3 MyShell TTS).

Sentences have the form of the GRID corpus (Cooke and others, 2006). A validator has recordings of its own voice for the
sentence, and for other sentences that differ in one word. An answer is intelligible if it is nearer to the right
recording than to the others. It is close if its spectrum is similar. Without espeak-ng the validator's voice is the
synthesizer of voices.py.
"""

from __future__ import annotations

import base64
import binascii
import io
import wave
from collections.abc import Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from tao_lab.compiled import njit
from tao_lab.neurons.work import Answer, Forward, Json, Round, Score, Task, score_each, task_id
from tao_lab.subnets.voices import RATE, Voice, Wave, has_espeak, say

SLOTS = (
    ("bin", "lay", "place", "set"),
    ("blue", "green", "red", "white"),
    ("at", "by", "in", "with"),
    ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    ("again", "now", "please", "soon"),
)
SHORTEST, LONGEST = 0.5, 6.0  # seconds
SILENT = 0.003  # root mean square
WINDOW, STEP = 200, 80  # samples: 25 ms, 10 ms
BANDS, CEPSTRA = 24, 13
CLOSE, FAR = 0.0, 12.0  # spectral distances for the best score and for no score

REFERENCE = {"espeak-ng": Voice("espeak-ng", 50), "formant": Voice("formant", 120)}
HONEST = {"espeak-ng": Voice("espeak-ng", 35, 0.9, "en-gb"), "formant": Voice("formant", 100, 0.9, tract=1.08)}


class Speech:
    """Say a sentence."""

    kind = "speech"
    title = "Say a sentence: a waveform, judged by spectral distance and intelligibility"
    answer_schema: Mapping[str, Json] = {
        "type": "object",
        "properties": {
            "wav": {"type": "string", "minLength": 60, "maxLength": 200_000, "pattern": "^[A-Za-z0-9+/]+=*$"}
        },
        "required": ["wav"],
        "additionalProperties": False,
    }
    weakness = (
        "Distance to one reference voice is all that is heard: a miner who runs the validator's own program with its "
        "own settings is nearer than any better voice. Naturalness is not measured at all."
    )
    exploit = "mimic"
    source = (
        "Sentences after the grammar of the GRID corpus, without its letters; made by code. Voices: espeak-ng where it "
        "is installed (a GPL program, called and not shipped), else a formant synthesizer under the lab's own licence, "
        "with the vowels of Peterson and Barney (1952)."
    )

    def __init__(self, program: str = ""):
        """Args: program: of validator and miners, "espeak-ng" or "formant"; by default espeak-ng if it is installed."""
        self._program = program or ("espeak-ng" if has_espeak() else "formant")

    def make_round(self, seed: int) -> Round:
        """A sentence; the secret names the voice and the sentences that the answer must not be nearer to."""
        random = Random(f"speech {seed}")
        words = [random.choice(slot) for slot in SLOTS]
        others = [
            " ".join(
                [*words[:place], random.choice([word for word in slot if word != words[place]]), *words[place + 1 :]]
            )
            for place, slot in enumerate(SLOTS)
            for _ in range(2)
        ]
        content = {"sentence": " ".join(words), "encoding": f"WAV, mono, 16 bits, {RATE} Hz, base64"}
        return Round(Task(task_id("speech", seed), "speech", content), {"program": self._program, "others": others})

    def score(self, asked: Round, answers: Sequence[Answer]) -> list[Score]:
        """Closeness times the square of intelligibility."""
        voice = REFERENCE[asked.secret["program"]]
        right = asked.task.content["sentence"]
        return score_each(
            self.answer_schema, answers, lambda content, _: _judge(content["wav"], right, asked.secret["others"], voice)
        )

    def miners(self) -> Mapping[str, Forward]:
        """Another voice; cheaters; one with the validator's own voice, who uses the weakness."""
        honest, reference = HONEST[self._program], REFERENCE[self._program]
        return {
            "honest": lambda task: {"wav": encode(say(task.content["sentence"], honest))},
            "noise": lambda task: {"wav": encode(np.random.default_rng(0).normal(scale=0.1, size=2 * RATE))},
            "canned": lambda task: {"wav": encode(say("place red at four now", reference))},
            "hum": lambda task: {"wav": encode(0.5 * np.sin(np.arange(2 * RATE) * 2 * np.pi * 150 / RATE))},
            "silence": lambda task: {"wav": encode(np.zeros(2 * RATE))},
            "mimic": lambda task: {"wav": encode(say(task.content["sentence"], reference))},
        }


def encode(sound: Wave) -> str:
    """Samples as WAV in base64."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return base64.b64encode(file.getvalue()).decode()


def decode(text: str) -> Wave:
    """Samples of an answer.

    Raises:
        ValueError: not a WAV file, or not mono, not 16 bits, not `RATE`, too short or too long.
    """
    try:
        with wave.open(io.BytesIO(base64.b64decode(text, validate=True))) as file:
            form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    except (binascii.Error, wave.Error, EOFError, OverflowError, RuntimeError, ValueError) as error:  # `wave` has many
        raise ValueError(f"is not a WAV file: {error or 'it ends too early'}") from None
    if form != (1, 2, RATE):
        raise ValueError(f"has {form[0]} channels, {8 * form[1]} bits, {form[2]} Hz; allowed: 1, 16, {RATE}")
    if not SHORTEST <= len(samples) / RATE <= LONGEST:
        raise ValueError(f"lasts {len(samples) / RATE:.1f} s; allowed: {SHORTEST} to {LONGEST} s")
    return samples


def _judge(text: str, right: str, others: Sequence[str], voice: Voice) -> Score:
    try:
        sound = decode(text)
    except ValueError as error:
        return Score(0.0, f"wrong form: wav {error}")
    if np.sqrt((sound**2).mean()) < SILENT:
        return Score(0.0, "silence")
    mine = cepstra(sound)
    away = distance(mine, reference(right, voice))
    nearer = sum(distance(mine, reference(other, voice)) > away for other in others) / len(others)
    intelligible = max(0.0, 2 * nearer - 1)  # noise is nearer in half of the comparisons
    closeness = min(1.0, max(0.0, (FAR - away) / (FAR - CLOSE)))
    words = f"nearer to the sentence than to {nearer:.0%} of others, spectral distance {away:.1f}"
    return Score(closeness * intelligible**2, words)


@lru_cache(maxsize=2048)
def reference(sentence: str, voice: Voice) -> NDArray[np.float64]:
    """The validator's recording of a sentence."""
    return cepstra(say(sentence, voice))


def cepstra(sound: Wave) -> NDArray[np.float64]:
    """Mel-frequency cepstra, [frames, CEPSTRA], without the constant part; silence at both ends is cut off."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::STEP]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), axis=1)) ** 2
    loud = np.flatnonzero(power.sum(axis=1) > power.sum(axis=1).max() * 1e-4)
    bands = np.log(power[loud[0] : loud[-1] + 1] @ _mel_bands().T + 1e-6 * power.max() + 1e-12)
    table = dct(bands, type=2, norm="ortho", axis=1)[:, 1 : CEPSTRA + 1]
    return table - table.mean(axis=0)


@lru_cache(maxsize=1)
def _mel_bands() -> NDArray[np.float64]:
    """Triangular filters at equal distances on the mel scale, [BANDS, frequencies]."""
    edges = 700 * (10 ** (np.linspace(150, 2100, BANDS + 2) / 2595) - 1)
    frequencies = np.fft.rfftfreq(WINDOW, 1 / RATE)[None, :]
    low, middle, high = (edges[start : start + BANDS, None] for start in range(3))
    return np.clip(np.minimum((frequencies - low) / (middle - low), (high - frequencies) / (high - middle)), 0, None)


def distance(mine: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Mean distance of cepstra along the best alignment in time (dynamic time warping)."""
    return float(_warped(np.ascontiguousarray(mine), np.ascontiguousarray(other)))


@njit(cache=True)
def _warped(mine: Any, other: Any) -> float:
    rows, columns = len(mine), len(other)
    costs = np.full((rows + 1, columns + 1), np.inf)
    costs[0, 0] = 0.0
    for i in range(rows):
        for j in range(columns):
            gap = np.sqrt(((mine[i] - other[j]) ** 2).sum())
            costs[i + 1, j + 1] = min(costs[i, j] + 2 * gap, costs[i, j + 1] + gap, costs[i + 1, j] + gap)
    return costs[rows, columns] / (rows + columns)
