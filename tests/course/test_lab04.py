"""Lab 04: blocks match bitsandbytes, sizes match the chart, and without a model the lab goes on and says so."""

import re
import runpy

import nbformat
import numpy as np
import pytest

from tao_lab.course import claim, registry, which_model
from tao_lab.course.checking import judge
from tao_lab.course.lab04 import answers, instruct_format, language_model, measure, reference
from tao_lab.course.lab04.exercises import block
from tao_lab.course.lab04.measure import Quality
from tao_lab.neurons.models import nf4
from tao_lab.neurons.models.memory import MISTRAL_7B, memory
from tao_lab.paths import LABS
from tao_lab.subnets import kind
from tao_lab.subnets.market import Market
from tao_lab.views import Leaderboard, memory_chart, quality_chart


@pytest.fixture
def no_model(monkeypatch):
    monkeypatch.setattr(measure.models, "is_here", lambda name: False)


@pytest.mark.slow
def test_a_students_block_is_bitsandbytes_block_on_a_thousand_blocks():
    quantize = runpy.run_path(str(LABS / "solutions" / "04.py"))["quantize"]
    table = nf4.code_table()
    weights = np.random.default_rng(7).normal(0, 0.05, (1_000, 64)).astype(np.float32)
    packed = nf4.quantize(weights)
    mine = [quantize(block, table) for block in weights]
    assert (np.concatenate([codes for codes, _ in mine]) == packed.codes).all()
    assert [scale for _, scale in mine] == list(packed.scales)


@pytest.mark.slow
def test_the_values_that_the_check_knows_are_bitsandbytes_own():
    assert np.array_equal(nf4.code_table(), np.array(block.NF4, dtype=np.float32))


@pytest.mark.slow
def test_the_charts_sum_is_the_librarys():
    figure = memory_chart(MISTRAL_7B)
    assert f"{sum(memory(MISTRAL_7B, 'nf4 double', 4_096).values()) / 2**30:.2f} GiB" in figure.alt
    assert "3 of 5" in figure.alt
    assert "<svg" in figure.svg()


def test_mistral_fits_with_a_long_context_and_not_in_16_bits():
    result = claim(23).evidence
    assert result.verdict == "true"
    assert result.numbers["in 4 bits, scales packed as well"] == "4.34 GiB"
    assert result.numbers["in 16 bits, context 4,096"] == "13.99 GiB"


def test_each_refusal_has_its_own_name():
    case = registry.exercises()["04.4"].make_cases()[-1]
    outcomes = reference.admit(**case.arguments)
    assert outcomes == [
        "MalformedAuth", "answered", "answered", "ReplayedRequest", "BadSignature", "WrongReceiver", "StaleRequest",
        "ReplayedRequest", "BadSignature",
    ]  # fmt: skip


def test_a_list_of_another_length_is_named():
    assert "a word for each" in judge(registry.exercises()["04.4"], lambda requests, hotkey: []).hint


def test_without_the_model_a_table_stands_in_and_says_what_fetches_it(no_model):
    model = language_model()
    assert "tao-lab models get smollm2" in model.describe()
    assert "".join(model.stream("What is the capital of Kenya?")) == "Nairobi"
    assert measure.quality() == []
    assert "tao-lab models get smollm2" in repr(quality_chart([])) + repr(answers([]))


def test_the_first_cell_of_both_labs_says_what_answers(no_model):
    for name in ("00-start-here", "04-mining"):
        first = next(cell for cell in nbformat.read(LABS / f"{name}.ipynb", 4).cells if cell.cell_type == "code")
        assert "display(which_model())" in first.source
    missing = repr(which_model())
    assert "a lookup table answers in this lab" in missing
    assert "`tao-lab models get smollm2`" in missing


def test_with_the_model_the_first_cell_says_that_it_answers(monkeypatch):
    monkeypatch.setattr(measure.models, "is_here", lambda name: True)
    assert "SmolLM2 is on this machine, and answers" in repr(which_model())
    assert "lookup table" not in repr(which_model())


def test_no_sentence_of_the_labs_takes_the_model_for_granted():
    for name in ("00-start-here", "04-mining"):
        text = " ".join(c.source for c in nbformat.read(LABS / f"{name}.ipynb", 4).cells if c.cell_type == "markdown")
        for sentence in re.split(r"(?<=[.:])\s", text):
            if re.search(r"SmolLM2|one of (which|them) (is|answers)", sentence):
                assert re.search(r"lookup table|has something to earn|if it is on|small enough", sentence), sentence


@pytest.mark.slow
def test_the_reports_step_says_so_where_its_model_is_missing(no_model):
    packed = language_model("mistralai/Mistral-7B-Instruct-v0.1", quantize="nf4", device="cuda")
    assert "tao-lab models get mistralai/Mistral-7B-Instruct-v0.1" in packed.describe()
    assert "lookup table" in packed.describe()
    card = repr(instruct_format("Hi", packed))
    assert "lookup table" in card
    assert "7 tokens to this question's 2" in card
    assert "<s> ▁[ INST ] ▁Hi ▁[ / INST ]" in card


def test_the_instruct_format_changes_what_a_model_says():
    class Model:
        name = "m1"

        def go_on(self, text, *, max_tokens):
            return ""

        def generate(self, prompt, *, max_tokens):
            return "Hello"

    card = repr(instruct_format("Hi", Model()))
    assert "Bare, `m1` says: (nothing)" in card
    assert "In its own format, `m1` says: Hello" in card
    assert "1, 733, 16289, 28793, 15359, 733, 28748, 16289, 28793." in card


@pytest.mark.slow
def test_a_leaderboard_follows_a_market_and_a_miner_that_comes_later_climbs(no_model):
    work, model = kind("text"), language_model()
    market = Market(work, {"mine": None, "echo": work.miners()["echo"]}, validators=1, seed=30)
    board = Leaderboard(market)
    with market:
        assert board.run(1).title == "`mine` is number 1 of 2"  # of two without a score, the first by name
        market.serve("mine", lambda task: reference.forward(task, model))
        card = board.run(2)
        market.pay()
        first, last = market.standings()
    assert card.title == "`mine` is number 1 of 2"
    assert (first.name, last.name) == ("mine", "echo")
    assert first.paid > last.paid == 0
    assert [row["miner"] for row in board.scores] == ["mine", "echo"] * 3
    assert len(board.times) == 6
    for figure in (board.score_chart(), board.money_chart(), board.latency_chart()):
        assert "<svg" in figure.svg()
        assert "mine" in figure.alt


@pytest.mark.slow
@pytest.mark.xdist_group("04-mining as shipped")
def test_four_bits_surprise_the_model_more_and_take_less_memory_in_the_lab(executed):
    """What the lab measured when it ran; the library's own test of this fetches the model."""
    cells = executed(LABS / "04-mining.ipynb").notebook.cells
    (text,) = [cell.outputs[-1].data["text/plain"] for cell in cells if "views.quality_chart(" in cell.source]
    if "tao-lab models get smollm2" in text:
        pytest.skip("the lab ran without the model, and says so")
    plain, packed, double = map(float, re.findall(r"\d+\.\d", text.split("perplexity ")[1]))
    assert plain < packed < 2 * plain
    assert plain < double < 2 * plain
    (card,) = [cell.outputs[-1].data["text/plain"] for cell in cells if cell.source == "answers(measured)"]
    large, *small = map(int, re.findall(r"\((\d+) MiB\)", card))
    assert len(small) == 2
    assert max(small) < large / 2


def test_the_chart_of_quality_says_what_was_measured():
    measured = [Quality("32 bits", 20.04, 513.0, "Lima"), Quality("NF4", 25.06, 100.0, "Lima")]
    assert "NF4 makes this model 25 % more surprised" in quality_chart(measured).alt
    assert "NF4 25.1" in quality_chart(measured).alt
