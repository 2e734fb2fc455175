"""Memory by number format: the count agrees with real tensors, and NF4 with what a person computes by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tao_lab.bench import memory as bench
from tao_lab.errors import LabError
from tao_lab.neurons import models
from tao_lab.neurons.models import nf4
from tao_lab.neurons.models.memory import FORMATS, MISTRAL_7B, SMOLLM2_135M, Shape, memory
from tao_lab.neurons.models.perplexity import perplexity, sample_text

SMALL = Shape(vocabulary=300, width=256, inner=512, blocks=3, heads=4, kv_heads=2, head_size=64)


def test_parameters_are_those_that_the_models_are_known_for():
    assert MISTRAL_7B.parameters() == 7_241_732_096
    assert SMOLLM2_135M.parameters() == 134_515_008


def test_the_count_is_what_real_tensors_weigh():
    assert bench.measure(SMALL, context=100) == memory(SMALL, "nf4 double", context=100)


def test_a_plain_model_weighs_what_is_counted(tiny):
    shape = Shape(len(tiny.tokenizer), 64, 128, 2, 4, 2, 16)
    assert tiny.network.get_memory_footprint() == pytest.approx(sum(memory(shape, "fp32", 0).values()), rel=0.001)


def test_each_format_is_smaller_than_the_one_before():
    totals = [sum(memory(MISTRAL_7B, name).values()) for name in FORMATS]
    assert totals == sorted(totals, reverse=True)
    assert totals[-1] < bench.LIMIT < totals[1]


def test_the_tiny_mistral_goes_the_same_way():
    assert "NF4" in bench.try_the_path()


@pytest.mark.parametrize(("arguments", "says"), [(("int3",), "fp32, fp16"), (("nf4", -1), "context is -1")])
def test_what_cannot_be_counted_is_said(arguments, says):
    with pytest.raises(LabError, match=says):
        memory(SMALL, *arguments)


@pytest.mark.slow
@given(st.lists(st.floats(-100, 100, width=32), min_size=64, max_size=64), st.integers(1, 3))
def test_nf4_is_the_nearest_of_sixteen_values(block, times):
    weights = np.array(block * times, np.float32)
    packed = nf4.quantize(weights)
    scale = np.abs(weights).max()
    assert packed.scales.tolist() == [scale] * times
    assert len(packed.codes) == len(weights)
    if scale > 1e-30:
        distance = np.abs(weights[:, None] / scale - nf4.code_table())
        assert np.allclose(distance[np.arange(len(weights)), packed.codes], distance.min(axis=1), atol=1e-6)


def test_nf4_goes_back_to_what_bitsandbytes_computes_with():
    from bitsandbytes.functional import dequantize_4bit, quantize_4bit
    from torch import from_numpy

    weights = np.random.default_rng(1).normal(size=256).astype(np.float32)
    theirs = dequantize_4bit(*quantize_4bit(from_numpy(weights), blocksize=64, quant_type="nf4")).numpy().ravel()
    assert np.array_equal(nf4.dequantize(nf4.quantize(weights)), theirs)


@pytest.mark.parametrize("weights", [[], [1.0, 2.0, 3.0], [1.0, float("nan")]])
def test_weights_that_cannot_be_packed_are_refused(weights):
    with pytest.raises(LabError, match="allowed"):
        nf4.quantize(weights)


def test_perplexity_is_that_of_the_definition(tiny):
    import torch

    text = "the origin of money"
    ids = torch.tensor([tiny.tokenizer(text)["input_ids"]])
    with torch.inference_mode():
        loss = tiny.network(input_ids=ids, labels=ids).loss
    assert perplexity(tiny, text) == pytest.approx(float(loss.exp()), rel=1e-5)
    assert perplexity(tiny, text, window=6) != pytest.approx(float(loss.exp()), rel=1e-5)


@pytest.mark.parametrize(
    ("name", "text", "window", "says"),
    [
        ("echo", "two words", 9, "echo gives none"),
        ("tiny", "a", 9, "1 tokens"),
        ("tiny", "two words", 1, "window is 1"),
    ],
)
def test_perplexity_says_what_it_needs(tiny, name, text, window, says):
    with pytest.raises(LabError, match=says):
        perplexity(tiny if name == "tiny" else models.load(name), text, window)


@pytest.mark.slow
def test_four_bits_cost_quality_but_not_much(smollm2):
    text = sample_text()[:1_000]
    whole = perplexity(smollm2, text)
    packed = perplexity(models.load("smollm2", quantize="nf4", device="cpu"), text)
    assert 5 < whole < packed < 2 * whole
