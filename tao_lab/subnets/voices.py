"""Voices for the speech subnet: espeak-ng if it is installed, and a small formant synthesizer that is always available.

The synthesizer has a source and a filter. The source makes pulses for voiced sounds and noise for the others. The
filter has three resonators whose frequencies change smoothly from sound to sound. Vowels have the mean formants of men
that Peterson and Barney measured (1952). It can say the words of `PRONUNCIATION`, and its code is easy to read.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, resample_poly

RATE = 8000  # samples a second
FRAME = 40  # samples that have one filter, 5 ms
BANDWIDTHS = (70.0, 100.0, 150.0)  # Hz, of the three formants
ESPEAK_SECONDS = 10.0

Wave = NDArray[np.float64]  # samples, -1 to 1


@dataclass(frozen=True)
class Sound:
    """A phoneme: formants in Hz, loudness of pulses and of noise, length in seconds."""

    formants: tuple[float, float, float]
    pulses: float
    noise: float
    seconds: float


def _vowel(*formants: float) -> Sound:
    return Sound((formants[0], formants[1], formants[2]), 1.0, 0.0, 0.11)


def _consonant(f1: float, f2: float, f3: float, pulses: float, noise: float, seconds: float) -> Sound:
    return Sound((f1, f2, f3), pulses, noise, seconds)


# ARPAbet
SOUNDS = {
    "IY": _vowel(270, 2290, 3010), "IH": _vowel(390, 1990, 2550), "EH": _vowel(530, 1840, 2480),
    "AE": _vowel(660, 1720, 2410), "AH": _vowel(640, 1190, 2390), "AA": _vowel(730, 1090, 2440),
    "AO": _vowel(570, 840, 2410), "UH": _vowel(440, 1020, 2240), "UW": _vowel(300, 870, 2240),
    "L": _consonant(360, 1000, 2600, 0.6, 0, 0.06), "R": _consonant(310, 1060, 1380, 0.7, 0, 0.06),
    "W": _consonant(290, 610, 2150, 0.6, 0, 0.06), "N": _consonant(250, 1400, 2400, 0.4, 0, 0.07),
    "S": _consonant(1500, 2900, 3700, 0, 0.5, 0.11), "Z": _consonant(300, 2900, 3700, 0.3, 0.3, 0.09),
    "F": _consonant(1000, 1800, 3000, 0, 0.15, 0.10), "V": _consonant(300, 1300, 2300, 0.3, 0.08, 0.06),
    "TH": _consonant(1200, 2000, 3400, 0, 0.12, 0.10), "DH": _consonant(300, 1500, 2600, 0.3, 0.06, 0.05),
    "P": _consonant(400, 900, 2200, 0, 0.25, 0.02), "B": _consonant(250, 900, 2200, 0.5, 0.1, 0.03),
    "T": _consonant(500, 2600, 3600, 0, 0.4, 0.03), "D": _consonant(250, 1800, 2800, 0.5, 0.15, 0.03),
    "K": _consonant(400, 1900, 2500, 0, 0.35, 0.03), "G": _consonant(250, 1900, 2500, 0.5, 0.15, 0.03),
    "-": _consonant(400, 1400, 2400, 0, 0, 0.04),
}  # fmt: skip
GLIDES = {"EY": "EH IY", "AY": "AA IY", "OW": "AO UW", "AW": "AA UW"}
STOPS = frozenset("PBTDKG")  # sounds with a short silence before them

PRONUNCIATION = {
    "bin": "B IH N", "lay": "L EY", "place": "P L EY S", "set": "S EH T", "blue": "B L UW", "green": "G R IY N",
    "red": "R EH D", "white": "W AY T", "at": "AE T", "by": "B AY", "in": "IH N", "with": "W IH DH",
    "zero": "Z IH R OW", "one": "W AH N", "two": "T UW", "three": "TH R IY", "four": "F AO R", "five": "F AY V",
    "six": "S IH K S", "seven": "S EH V AH N", "eight": "EY T", "nine": "N AY N", "again": "AH G EH N",
    "now": "N AW", "please": "P L IY Z", "soon": "S UW N",
}  # fmt: skip


@dataclass(frozen=True)
class Voice:
    """How a sentence is said.

    Attributes:
        program: "espeak-ng" or "formant".
        pitch: Hz for the synthesizer, 0 to 99 for espeak-ng.
        speed: 1 is usual.
        variant: espeak-ng's name of a voice.
        tract: factor for the formants; a shorter vocal tract has higher formants.
    """

    program: str
    pitch: float
    speed: float = 1.0
    variant: str = "en-us"
    tract: float = 1.0


def has_espeak() -> bool:
    """Whether espeak-ng is installed."""
    return shutil.which("espeak-ng") is not None


@lru_cache(maxsize=512)
def say(sentence: str, voice: Voice) -> Wave:
    """A sentence as samples at `RATE`; the same samples each time."""
    return _espeak(sentence, voice) if voice.program == "espeak-ng" else _formant(sentence, voice)


def _espeak(sentence: str, voice: Voice) -> Wave:
    speed = str(round(160 * voice.speed))
    command = ["espeak-ng", "--stdout", "-v", voice.variant, "-p", str(round(voice.pitch)), "-s", speed, sentence]
    sound = subprocess.run(command, capture_output=True, check=True, timeout=ESPEAK_SECONDS).stdout
    with wave.open(io.BytesIO(sound)) as file:  # the header has no length, because espeak-ng wrote to a pipe
        rate = file.getframerate()
    samples = np.frombuffer(sound[44 : len(sound) - len(sound) % 2], "<i2") / 32768
    return _levelled(resample_poly(samples, RATE, rate))


def _formant(sentence: str, voice: Voice) -> Wave:
    random = np.random.default_rng(0)
    track = np.array(list(_frames(sentence, voice)))  # frames: three formants, pulses, noise
    count = len(track) * FRAME
    fall = np.linspace(1.1, 0.85, count)
    phase = np.cumsum(voice.pitch * fall / RATE)
    pulses = np.diff(np.floor(phase), prepend=0.0) * 6.0
    pulses = lfilter([1.0], [1.0, -0.9], pulses)  # the glottis: weaker high frequencies
    noise = random.normal(size=count)
    loudness = np.repeat(track[:, 3:], FRAME, axis=0)
    sound = pulses * loudness[:, 0] + noise * loudness[:, 1]
    for formant, bandwidth in enumerate(BANDWIDTHS):
        sound = _resonate(sound, track[:, formant] * voice.tract, bandwidth)
    return _levelled(sound)


def _frames(sentence: str, voice: Voice) -> Iterator[tuple[float, ...]]:
    """The parameters of each frame, changing smoothly from the middle of one sound to the middle of the next."""
    names = ["-"]
    for word in sentence.split():
        for name in PRONUNCIATION[word].split():
            names += ["-"] * (name in STOPS) + GLIDES.get(name, name).split()
        names.append("-")
    for now, following in pairwise([SOUNDS[name] for name in names]):
        count = max(1, round(now.seconds / voice.speed * RATE / FRAME))
        here, there = (np.array([*sound.formants, sound.pulses, sound.noise]) for sound in (now, following))
        for step in range(count):
            part = max(0.0, (step / count - 0.6) / 0.4)
            yield tuple(here * (1 - part) + there * part)


def _resonate(sound: Wave, frequencies: NDArray[np.float64], bandwidth: float) -> Wave:
    """A resonator whose frequency changes from frame to frame."""
    radius = np.exp(-np.pi * bandwidth / RATE)
    out, state = np.empty_like(sound), np.zeros(2)
    for number, frequency in enumerate(np.minimum(frequencies, 0.48 * RATE)):
        b, c = 2 * radius * np.cos(2 * np.pi * frequency / RATE), -(radius**2)
        piece = slice(number * FRAME, (number + 1) * FRAME)
        out[piece], state = lfilter([1 - b - c], [1.0, -b, -c], sound[piece], zi=state)
    return out


def _levelled(sound: Wave) -> Wave:
    return 0.7 * sound / max(float(np.abs(sound).max()), 1e-9)
