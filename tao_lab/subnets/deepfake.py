"""Deepfake: the probability that a picture is synthetic (like SN34 BitMind).

Real pictures are cut out of photographs. Synthetic ones come from five generators; each leaves other traces. An answer
gives a probability for each of sixteen pictures. Its score is the Matthews correlation with the threshold one half,
which is 0 for an answer that always says the same.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from tao_lab.neurons.work import Answer, Forward, Json, Round, Score, Task, score_each, task_id
from tao_lab.paths import DATASETS

PHOTOS = DATASETS / "subnets" / "photos"
SIDE = 32  # pixels
PICTURES = 16  # in a task
FEWEST_OF_A_KIND = 5
TRAINING_PICTURES = 300  # of each kind, for the honest miner
TREES = 60

Picture = NDArray[np.uint8]  # [SIDE, SIDE, 3]
Generator = Callable[[np.random.Generator, Picture], Picture]  # takes a real picture; some generators start from it


@cache
def photos() -> tuple[Picture, ...]:
    """The photographs that tasks are cut from."""
    return tuple(np.asarray(Image.open(path).convert("RGB")) for path in sorted(PHOTOS.glob("*.jpg")))


def cut(random: np.random.Generator, pool: Sequence[Picture]) -> Picture:
    """A square out of one of the photographs, half of them mirrored; not a flat one."""
    while True:
        photo = pool[int(random.integers(len(pool)))]
        y, x = (int(random.integers(size - SIDE)) for size in photo.shape[:2])
        piece = photo[y : y + SIDE, x : x + SIDE]
        if piece.std() > 12:
            return piece[:, ::-1] if random.random() < 0.5 else piece


def _noise(random: np.random.Generator, real: Picture) -> Picture:
    """Clouds: random phases with the spectrum of photographs."""
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE)))
    radius[0, 0] = 1.0
    fields = [np.fft.ifft2(np.fft.fft2(random.normal(size=(SIDE, SIDE))) / radius**1.2).real for _ in range(3)]
    mixed = np.stack([fields[0] + 0.25 * field for field in fields], axis=-1)
    return _as_picture(mixed / mixed.std() * real.std() + real.mean())


def _upsampled(random: np.random.Generator, real: Picture) -> Picture:
    """A small picture enlarged by strided filters, as some neural networks do: it leaves a checkerboard."""
    small = Image.fromarray(real).resize((SIDE // 2, SIDE // 2), Image.Resampling.BILINEAR)
    large = np.asarray(small, float).repeat(2, axis=0).repeat(2, axis=1)
    kernel = 1 + random.uniform(-0.08, 0.08, (2, 2))
    return _as_picture(large * np.tile(kernel, (SIDE // 2, SIDE // 2))[..., None])


def _scrambled(random: np.random.Generator, real: Picture) -> Picture:
    """A photograph's spectrum with random phases: texture without objects."""
    phases = np.exp(1j * np.angle(np.fft.fft2(random.normal(size=(SIDE, SIDE)))))
    spectrum = np.fft.fft2(real.astype(float), axes=(0, 1))
    mean = spectrum[0, 0].copy()
    spectrum = np.abs(spectrum) * phases[..., None]
    spectrum[0, 0] = mean
    return _as_picture(np.fft.ifft2(spectrum, axes=(0, 1)).real)


def _quilt(random: np.random.Generator, real: Picture) -> Picture:
    """A photograph cut into tiles and put together again: it has visible seams."""
    size = 8
    tiles = [real[y : y + size, x : x + size] for y in range(0, SIDE, size) for x in range(0, SIDE, size)]
    order, row = random.permutation(len(tiles)), SIDE // size
    return np.concatenate(
        [np.concatenate([tiles[i] for i in order[y : y + row]], axis=1) for y in range(0, len(tiles), row)], axis=0
    )


def _drawing(random: np.random.Generator, real: Picture) -> Picture:
    """Blurred ellipses in a photograph's colours, with even noise."""
    colours = [tuple(map(int, pixel)) for pixel in random.permutation(real.reshape(-1, 3))[:12]]
    image = Image.new("RGB", (SIDE, SIDE), colours[0])
    draw = ImageDraw.Draw(image)
    for colour in colours[1:]:
        x, y, width, height = random.integers(-4, SIDE, 2).tolist() + random.integers(4, 20, 2).tolist()
        draw.ellipse((x, y, x + width, y + height), fill=colour)
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(0.8)), float)
    return _as_picture(blurred + random.normal(scale=3.0, size=blurred.shape))


def _as_picture(values: NDArray[np.float64]) -> Picture:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


GENERATORS: Mapping[str, Generator] = {
    "noise": _noise,
    "upsampled": _upsampled,
    "scrambled": _scrambled,
    "quilt": _quilt,
    "drawing": _drawing,
}


def encode(picture: Picture) -> str:
    """A picture as PNG in base64."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def decode(text: str) -> Picture:
    """The picture in a task."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB"))


def matthews(said: Sequence[bool], true: Sequence[bool]) -> float:
    """Matthews correlation coefficient, -1 to 1; 0 if `said` or `true` is always the same."""
    pairs = list(zip(said, true, strict=True))
    tp, tn, fp, fn = (pairs.count(pair) for pair in ((True, True), (False, False), (True, False), (False, True)))
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return (tp * tn - fp * fn) / math.sqrt(product) if product else 0.0


class Deepfake:
    """Real or synthetic."""

    kind = "deepfake"
    title = "How likely is each of sixteen pictures synthetic? Matthews correlation"
    answer_schema: Mapping[str, Json] = {
        "type": "object",
        "properties": {
            "synthetic": {
                "type": "array",
                "items": {"type": "number", "minimum": 0, "maximum": 1},
                "minItems": PICTURES,
                "maxItems": PICTURES,
            }
        },
        "required": ["synthetic"],
        "additionalProperties": False,
    }
    weakness = (
        "The real pictures come from four public photographs: a miner who has them asks only whether it knows a "
        "picture, and learns nothing about synthetic ones. The generators are few as well, and code that is public."
    )
    exploit = "collector"
    source = (
        "Photographs made small by scripts/make_photos.py from scikit-image 0.26.0: astronaut (NASA, public domain), "
        "chelsea (Stefan van der Walt, CC0), coffee (Rachel Michetti, CC0), rocket (SpaceX, public domain). The honest "
        "miner learns on the two photographs of scikit-learn (CC BY 2.0, danielbuechele and vultilion), not on these."
    )

    def __init__(self, generators: Mapping[str, Generator] = GENERATORS):
        """Args: generators: functions that make the synthetic pictures, by name."""
        self._generators = dict(generators)

    def make_round(self, seed: int) -> Round:
        """Pictures; the secret says which are synthetic, and by which generator."""
        random = np.random.default_rng([7, seed])
        count = int(random.integers(FEWEST_OF_A_KIND, PICTURES - FEWEST_OF_A_KIND + 1))
        names = random.choice(list(self._generators), count).tolist() + [""] * (PICTURES - count)
        random.shuffle(names)
        pictures = [encode(_picture(random, name, photos(), self._generators)) for name in names]
        task = Task(task_id("deepfake", seed), "deepfake", {"pictures": pictures, "encoding": "PNG, base64"})
        return Round(task, {"generators": names})

    def score(self, asked: Round, answers: Sequence[Answer]) -> list[Score]:
        """Matthews correlation; an answer worse than chance gets 0."""
        true = [bool(name) for name in asked.secret["generators"]]

        def judge(content: Json, _: Answer) -> Score:
            said = [probability > 0.5 for probability in content["synthetic"]]
            value = matthews(said, true)
            right = sum(a == b for a, b in zip(said, true, strict=True))
            return Score(max(0.0, value), f"{right} of {PICTURES} right, Matthews correlation {value:.2f}")

        return score_each(self.answer_schema, answers, judge)

    def miners(self) -> Mapping[str, Forward]:
        """A random forest on spectra and differences; cheaters; one with the photographs, who uses the weakness."""
        return {
            "honest": by_traces,
            "always": lambda task: {"synthetic": [1.0] * PICTURES},
            "dice": lambda task: {"synthetic": _dice(task).random(PICTURES).tolist()},
            "file size": _by_size,
            "collector": _by_photos,
        }


def _picture(
    random: np.random.Generator, name: str, pool: Sequence[Picture], generators: Mapping[str, Generator]
) -> Picture:
    real = cut(random, pool)
    return generators[name](random, real) if name else real


def features(picture: Picture) -> NDArray[np.float64]:
    """Numbers that show a generator's traces: spectrum, strength of edges, grids, seams, correlation of colours."""
    grey = picture.mean(axis=2)
    power = np.abs(np.fft.fft2(grey - grey.mean())) ** 2 + 1.0
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE)))
    rings = [math.log(power[(radius >= r) & (radius < r + 0.08)].mean()) for r in np.arange(0.02, 0.66, 0.08)]
    across, down = np.diff(grey, axis=1), np.diff(grey, axis=0)
    tails = [float((d**4).mean() / ((d**2).mean() ** 2 + 1e-9)) for d in (across, down)]
    even = [math.log(((d[:, 0::2] if n else d[0::2]) ** 2).mean() + 1) for n, d in ((1, across), (0, down))]
    odd = [math.log(((d[:, 1::2] if n else d[1::2]) ** 2).mean() + 1) for n, d in ((1, across), (0, down))]
    seams = [math.log((d**2).mean(axis=n)[7::8].mean() + 1) for n, d in ((0, across), (1, down))]
    small = np.sort(grey.reshape(8, 4, 8, 4).std(axis=(1, 3)).ravel())
    colours = np.nan_to_num(np.corrcoef(np.diff(picture.reshape(-1, 3).astype(float), axis=0).T))
    pairs = np.array([colours[0, 1], colours[0, 2], colours[1, 2]])
    return np.concatenate([rings, tails, even, np.subtract(even, odd), seams, small[[4, 16, 32, 48, 60]], pairs])


@cache
def _forest() -> Any:
    """A random forest, trained on photographs that no task shows, and on the generators' pictures from them."""
    from sklearn.datasets import load_sample_images
    from sklearn.ensemble import RandomForestClassifier

    random = np.random.default_rng(20)
    pool = [np.asarray(Image.fromarray(i).resize((224, 149))) for i in load_sample_images().images]
    names = [*([""] * TRAINING_PICTURES), *random.choice(list(GENERATORS), TRAINING_PICTURES).tolist()]
    table = np.stack([features(_picture(random, name, pool, GENERATORS)) for name in names])
    return RandomForestClassifier(TREES, random_state=0).fit(table, [bool(name) for name in names])


def by_traces(task: Task) -> Json:
    """The honest miner."""
    table = np.stack([features(decode(picture)) for picture in task.content["pictures"]])
    return {"synthetic": [float(p) for p in _forest().predict_proba(table)[:, 1]]}


def _dice(task: Task) -> np.random.Generator:
    return np.random.default_rng(list(task.id.encode()))


def _by_size(task: Task) -> Json:
    """Call the smaller half of the files synthetic."""
    sizes = [len(picture) for picture in task.content["pictures"]]
    return {"synthetic": [float(size < np.median(sizes)) for size in sizes]}


def _by_photos(task: Task) -> Json:
    return {"synthetic": [float(not _known(decode(picture))) for picture in task.content["pictures"]]}


def _known(picture: Picture) -> bool:
    """Whether a picture is part of one of the photographs, pixel by pixel."""
    for photo in (*photos(), *(photo[:, ::-1] for photo in photos())):
        corners = (photo[: -SIDE + 1, : -SIDE + 1] == picture[0, 0]).all(axis=2)
        corners &= (photo[SIDE - 1 :, SIDE - 1 :] == picture[-1, -1]).all(axis=2)
        if any((photo[y : y + SIDE, x : x + SIDE] == picture).all() for y, x in np.argwhere(corners)):
            return True
    return False
