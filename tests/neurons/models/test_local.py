"""Models on this machine: what the settings mean, and that neighbours in a batch change nothing."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tao_lab.errors import LabError
from tao_lab.neurons import models
from tao_lab.neurons.models.base import Settings
from tao_lab.neurons.models.batching import Request

PROMPTS = ["a", "What is TAO?", "A rather longer prompt, which is not as short as the others are.", "¿Qué?"] * 4


def ask(model, number, **settings):
    return model.generate(PROMPTS[number], seed=number, temperature=number % 3 * 0.8, **settings)


def test_importing_the_package_does_not_import_torch():
    code = "import sys, tao_lab.neurons.models; print([m for m in ('torch', 'transformers') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_an_answer_is_the_same_alone_and_in_a_batch(tiny):
    alone = [ask(tiny, number, max_tokens=24) for number in range(len(PROMPTS))]
    with ThreadPoolExecutor(len(PROMPTS)) as pool:
        together = list(pool.map(lambda number: ask(tiny, number, max_tokens=24), range(len(PROMPTS))))
    assert together == alone
    assert len(set(alone)) > 1


def test_requests_really_share_steps(tiny, monkeypatch):
    rows = []
    forward = tiny.network.forward

    def counting(*args, **kwargs):
        rows.append(len(kwargs["input_ids"]))
        return forward(*args, **kwargs)

    monkeypatch.setattr(tiny.network, "forward", counting)
    monkeypatch.setattr(tiny._batcher, "close", 0.0)
    requests = [Request([65, 66], Settings(max_tokens=12)) for _ in range(20)]
    for request in requests[1:]:
        tiny._batcher._waiting.put(request)  # all wait before the first is started
    tiny._batcher.submit(requests[0])
    answers = {tuple(request) for request in requests}
    assert len(answers) == 1
    assert max(rows) == tiny._batcher.slots == 8


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_seed_gives_the_same_answer_again(tiny, temperature):
    first = tiny.generate("hello", max_tokens=30, temperature=temperature, seed=7)
    assert tiny.generate("hello", max_tokens=30, temperature=temperature, seed=7) == first
    other = tiny.generate("hello", max_tokens=30, temperature=temperature, seed=8)
    assert (other == first) is (temperature == 0.0)


def test_pieces_make_the_answer(tiny):
    settings = {"max_tokens": 40, "temperature": 1.0, "seed": 3}
    parts = list(tiny.stream("hello", **settings))
    assert len(parts) > 1
    assert "".join(parts) == tiny.generate("hello", **settings)


def test_the_token_limit_holds(tiny):
    request = Request([65], Settings(max_tokens=5))
    tiny._batcher.submit(request)
    assert len(list(request)) <= 5


def test_a_stop_text_ends_the_answer_and_is_left_out(tiny):
    settings = {"max_tokens": 40, "temperature": 1.0, "seed": 3}
    whole = tiny.generate("hello", **settings)
    middle = whole[len(whole) // 2 :][:2]
    assert tiny.generate("hello", stop=middle, **settings) == whole[: whole.index(middle)]


@pytest.mark.slow
def test_a_late_answer_says_what_was_written(tiny):
    with pytest.raises(models.ModelTimeout, match=r"not complete after 0\.001 s") as caught:
        tiny.generate("hello", max_tokens=400, timeout=0.001)
    whole = tiny.generate("hello", max_tokens=400)
    assert whole.startswith(caught.value.partial.rstrip("\ufffd"))


def test_the_thread_ends_with_the_work(tiny):
    answer = tiny.stream("hello", max_tokens=400)
    next(answer)
    answer.close()
    for thread in threading.enumerate():
        if thread.name == "language model":
            thread.join(timeout=60)
            assert not thread.is_alive()


def test_a_failure_reaches_those_who_wait_and_nobody_later(tiny, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("no such kernel")

    with monkeypatch.context() as patch:
        patch.setattr(tiny.network, "forward", broken)
        with pytest.raises(RuntimeError, match="no such kernel"):
            tiny.generate("hello")
    assert tiny.generate("hello", max_tokens=3) == tiny.generate("hello", max_tokens=3)


@pytest.mark.parametrize(
    ("prompt", "settings", "says"),
    [
        ("", {}, "the prompt is empty"),
        ([], {}, "no message"),
        ([{"role": "robot", "content": "x"}], {}, "role 'robot'; allowed: system, user, assistant"),
        ([{"role": "user"}], {}, "a message is"),
        ([{"role": "user", "content": 3}], {}, "content is an int"),
        ("x", {"max_tokens": 0}, "max_tokens is 0; allowed"),
        ("x", {"max_tokens": 2.5}, "max_tokens is 2.5"),
        ("x", {"temperature": -1}, "temperature is -1"),
        ("x", {"temperature": float("nan")}, "temperature is nan"),
        ("x", {"seed": -1}, "seed is -1"),
        ("x", {"stop": [""]}, "stop is"),
        ("x", {"timeout": 0}, "timeout is 0"),
        ("x" * 600, {}, "takes 512 together"),
        ("x", {"max_tokens": 512}, "shorten the prompt or lower max_tokens"),
    ],
)
def test_what_is_not_allowed_is_said_before_any_work(tiny, prompt, settings, says):
    with pytest.raises(LabError, match=says):
        tiny.stream(prompt, **settings)


@pytest.mark.parametrize("compute", ["float32", "bfloat16", "float16"])
def test_nf4_runs_on_the_processor(tiny_folder, compute):
    model = models.load(str(tiny_folder), quantize="nf4", compute=compute, device="cpu")
    kinds = {type(module).__name__ for module in model.network.modules()}
    assert "Linear4bit" in kinds
    assert "NF4" in model.describe()
    answers = [model.generate("hello", max_tokens=12, temperature=0.5, seed=1) for _ in range(2)]
    assert answers[0] == answers[1] != ""


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("./nowhere", {}, "no such folder"),
        ("nobody/nothing-like-this", {}, "tao-lab models get nobody/nothing-like-this"),
        ("tiny", {"quantize": "int3"}, "quantize is 'int3'; allowed: None, 'nf4'"),
        ("tiny", {"compute": "float8"}, "compute is 'float8'; allowed: auto, float32"),
        ("tiny", {"device": "tpu"}, "device is 'tpu'; allowed: auto, cpu"),
        ("tiny", {"device": "cuda:99"}, "tao-lab doctor"),
        ("tiny", {"slots": 0}, "slots is 0"),
    ],
)
def test_a_model_that_cannot_be_loaded_is_explained(tiny_folder, name, options, says):
    with pytest.raises(LabError, match=says):
        models.load(str(tiny_folder) if name == "tiny" else name, **options)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(LabError, match="holds no model"):
        models.load(str(tmp_path))


def test_echo_says_the_prompt_again():
    echo = models.load("echo")
    assert echo.generate("one two  three") == "one two  three"
    assert echo.generate("one two three", max_tokens=2) == "one two"
    assert echo.generate("one two three", stop="two") == "one "


@pytest.mark.slow
def test_smollm2_answers(smollm2):
    assert "Paris" in smollm2.generate("What is the capital of France?", max_tokens=16)
    messages = [
        {"role": "user", "content": "My dog is called Bruno."},
        {"role": "assistant", "content": "What a nice name!"},
        {"role": "user", "content": "What is my dog called?"},
    ]
    assert "Bruno" in smollm2.generate(messages, max_tokens=16)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"quantize": "nf4", "exact": True}], ids=["float32", "nf4"])
def test_smollm2_answers_the_same_alone_and_in_a_batch(smollm2, options):
    model = models.load("smollm2", device="cpu", **options) if options else smollm2
    alone = [ask(model, number, max_tokens=6) for number in range(3)]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda number: ask(model, number, max_tokens=6), range(3))) == alone
