"""What is special about search, sports, deepfake, speech and ads."""

import base64
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tao_lab.neurons.work import Answer
from tao_lab.subnets import deepfake, kind, play
from tao_lab.subnets.ads import BUDGET, CHANNELS, verified
from tao_lab.subnets.deepfake import GENERATORS, Deepfake, matthews
from tao_lab.subnets.search import ndcg
from tao_lab.subnets.speech import REFERENCE as VOICES
from tao_lab.subnets.speech import Speech, decode, distance, encode, reference
from tao_lab.subnets.sports import market_line, mean_probability
from tao_lab.subnets.voices import RATE, SOUNDS, Voice, has_espeak, say

ONE_SECOND = base64.b64decode(encode(np.sin(np.arange(RATE) / 3)))


def score(subnet, asked, content, seconds=0.0):
    (result,) = subnet.score(asked, [Answer(content, seconds)])
    return result


# search


def test_ndcg_of_a_known_ranking():
    discounts = [1 / math.log2(place + 2) for place in range(3)]
    best = 7 * discounts[0] + 1 * discounts[1]
    assert ndcg([0, 3, 1], [3, 1, 0]) == pytest.approx((7 * discounts[1] + 1 * discounts[2]) / best)
    assert ndcg([3, 1], [0, 1, 3]) == 1.0
    assert ndcg([], [3]) == 0.0


@given(st.permutations([3, 3, 1, 1, 0, 0, 0]))
def test_ndcg_is_between_0_and_1_and_best_when_sorted(grades):
    assert 0 < ndcg(grades, grades) <= 1
    assert ndcg(sorted(grades, reverse=True), grades) == 1.0


def test_a_late_ranking_is_worth_less():
    search = kind("search")
    asked = search.make_round(0)
    best = {"ranking": sorted(asked.secret["grades"], key=lambda name: -asked.secret["grades"][name])}
    deadline = asked.task.seconds
    values = [score(search, asked, best, seconds).value for seconds in (0, deadline / 2, deadline * 3 / 4, deadline)]
    assert values == pytest.approx([1.0, 1.0, 0.75, 0.5])


@pytest.mark.parametrize("ranking", [["p1", "p1"], ["p99"], ["q1"], []])
def test_a_ranking_of_other_passages_is_a_wrong_form(ranking):
    search = kind("search")
    result = score(search, search.make_round(0), {"ranking": ranking})
    assert (result.value, result.reason.startswith("wrong form")) == (0.0, True)


# sports


def test_the_market_line_of_an_even_game_is_a_coin():
    assert market_line(0.0) == 0.5
    assert 0.8 < market_line(11.0) < 0.9


def test_mean_probability_is_the_exponential_of_the_log_loss():
    assert mean_probability([0.8, 0.5], [1, 0]) == pytest.approx(math.sqrt(0.8 * 0.5))
    assert mean_probability([1.0], [0]) == pytest.approx(0.001)


def test_the_honest_forecast_is_about_as_good_as_the_market():
    sports, gaps = kind("sports"), []
    for seed in range(20):
        asked = sports.make_round(seed)
        honest = sports.miners()["honest"](asked.task)["probabilities"]
        line = [market_line(game["spread"]) for game in asked.task.content["games"]]
        gaps.append(mean_probability(honest, asked.secret["won"]) - mean_probability(line, asked.secret["won"]))
    assert abs(np.mean(gaps)) < 0.02


# deepfake


def test_matthews_correlation_of_known_tables():
    assert matthews([True, True, False, False], [True, False, False, False]) == pytest.approx(1 / math.sqrt(3))
    assert matthews([True] * 4, [True, False, True, False]) == 0.0
    assert matthews([True, False], [False, True]) == -1.0


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_makes_pictures_that_vary(name):
    random = np.random.default_rng(0)
    pictures = [GENERATORS[name](random, deepfake.cut(random, deepfake.photos())) for _ in range(3)]
    assert all(picture.shape == (32, 32, 3) and picture.dtype == np.uint8 for picture in pictures)
    assert len({picture.tobytes() for picture in pictures}) == 3


def test_the_collector_knows_pictures_and_not_generators():
    asked = Deepfake({"blank": lambda random, real: real // 2}).make_round(0)
    answer = Deepfake().miners()["collector"](asked.task)["synthetic"]
    assert [p > 0.5 for p in answer] == [bool(name) for name in asked.secret["generators"]]


@pytest.mark.slow
def test_the_honest_miner_is_lost_before_a_generator_that_it_has_not_seen():
    darker = Deepfake({"darker": lambda random, real: (real * 0.8).astype(np.uint8)})
    honest = {"honest": Deepfake().miners()["honest"]}
    known, unseen = play(Deepfake(), honest, rounds=6), play(darker, honest, rounds=6)
    assert unseen.score[0] < known.score[0] - 0.2


# speech


@pytest.mark.slow
@pytest.mark.parametrize("program", ["formant", "espeak-ng"])
def test_speech_works_with_either_voice(program):
    if program == "espeak-ng" and not has_espeak():
        pytest.skip("espeak-ng is not installed")
    table = play(Speech(program), rounds=5).set_index("miner").score
    assert table["mimic"] >= table["honest"] > table.drop(["mimic", "honest"]).max() + 0.1


@pytest.mark.slow
def test_the_same_sentence_sounds_the_same_and_another_is_far():
    voice, faster = VOICES["formant"], Voice("formant", 120, speed=1.2)
    sentence, other = "place blue at two now", "set red with nine please"
    near = distance(reference(sentence, faster), reference(sentence, voice))
    assert distance(reference(sentence, voice), reference(sentence, voice)) == 0.0
    assert near < distance(reference(sentence, faster), reference(other, voice))


@pytest.mark.parametrize(("word", "vowel"), [("three", "IY"), ("two", "UW"), ("four", "AO")])
def test_a_vowel_has_its_first_formant(word, vowel):
    from scipy.signal import spectrogram  # a second to load

    frequencies, _, power = spectrogram(say(word, Voice("formant", 120)), RATE, nperseg=512)
    band = (frequencies > 150) & (frequencies < 1000)
    strongest = frequencies[band][power[band].sum(axis=1).argmax()]
    assert abs(strongest - SOUNDS[vowel].formants[0]) < 150


@pytest.mark.parametrize(
    ("wav", "says"),
    [
        (base64.b64encode(b"x" * 100).decode(), "is not a WAV file"),
        ("A" * 61, "is not a WAV file"),
        (encode(np.zeros(RATE // 10)), "lasts 0.1 s"),
        (encode(np.zeros(RATE * 7)), "lasts 7.0 s"),
        (base64.b64encode(ONE_SECOND.replace(RATE.to_bytes(2, "little"), b"\x80\x3e")).decode(), "16000 Hz"),
    ],
)
def test_a_wave_of_another_form_scores_zero_with_its_reason(wav, says):
    speech = Speech("formant")
    result = score(speech, speech.make_round(0), {"wav": wav})
    assert result.value == 0
    assert result.reason.startswith("wrong form")
    assert says in result.reason


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(0, 255), st.integers(0, 2000))
def test_a_damaged_wave_raises_nothing_but_a_reason(place, value, cut):
    damaged = bytearray(base64.b64decode(encode(np.sin(np.arange(RATE) / 3))))
    damaged[place] = value
    result = score(
        Speech("formant"),
        Speech("formant").make_round(0),
        {"wav": base64.b64encode(damaged[: len(damaged) - cut]).decode()},
    )
    assert 0 <= result.value <= 1


def test_a_wave_survives_its_encoding():
    sound = np.sin(np.arange(RATE) / 5) * 0.5
    assert np.abs(decode(encode(sound)) - sound).max() < 1e-4


# ads


@pytest.mark.parametrize(
    ("orders", "count"),
    [
        ([(1, 60, None)], 1),
        ([(1, 1, None)], 0),
        ([(1, 60, None)] * 2, 2),
        ([(1, 60, None)] * 3, 0),
        ([(1, 60, 14)], 0),
        ([(1, 60, 15)], 1),
    ],
)
def test_the_fraud_filter(orders, count):
    named = [{"device": device, "seconds": seconds, "refund_day": day} for device, seconds, day in orders]
    assert verified(named) == count


def test_more_than_the_budget_is_a_wrong_form():
    ads = kind("ads")
    result = score(ads, ads.make_round(0), {"spend": [BUDGET / 2] * CHANNELS, "own_orders": []})
    assert result.reason == "wrong form: spends 3000.00, the budget is 1000.00"


def test_nothing_spent_sells_nothing():
    ads = kind("ads")
    assert score(ads, ads.make_round(0), {"spend": [0.0] * CHANNELS, "own_orders": []}).value == 0.0
