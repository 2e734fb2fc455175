"""What `check` says about a function: blank, raising, endless, wrong in kind, wrong in value, right."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from bittensor_core import Keypair

from tao_lab.cards import Card, Grid
from tao_lab.course import check, labs, mine_or_reference, progress, records, terminal
from tao_lab.course.checking import judge
from tao_lab.course.compare import differences, first_words, show_case
from tao_lab.course.exercise import Case, Exercise, ExerciseError, mask, read_arrays, read_values
from tao_lab.course.lab06.exercises.clipping import clip_and_trust as right_clip
from tao_lab.course.lab06.exercises.epoch import my_epoch as right_epoch
from tao_lab.course.registry import UnknownIdError, exercises
from tao_lab.course.running import TimeUp, run, time_limit
from tao_lab.vectors import AnswerError

CLIP = exercises()["06.2"]
MEDIAN = exercises()["06.1"]


@pytest.fixture(autouse=True)
def beside_nobodys_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def only_docstring(weights, consensus, bonds_penalty, numbers):
    """To be written."""


def ellipsis(weights, consensus, bonds_penalty, numbers):
    """To be written."""
    ...


def only_pass(weights, consensus, bonds_penalty, numbers):
    pass


def returns_none(weights, consensus, bonds_penalty, numbers):
    return None


def returns_not_implemented(weights, consensus, bonds_penalty, numbers):
    return NotImplemented


def raises_not_implemented(weights, consensus, bonds_penalty, numbers):
    raise NotImplementedError("later")


def half_written(weights, consensus, bonds_penalty, numbers):
    clipped = np.minimum(weights, consensus)
    if clipped.size:
        raise NotImplementedError
    return clipped


BLANK = [
    only_docstring,
    ellipsis,
    only_pass,
    returns_none,
    returns_not_implemented,
    raises_not_implemented,
    half_written,
]


@pytest.mark.parametrize("function", BLANK, ids=lambda f: f.__name__)
def test_a_blank_function_is_not_started_and_leaves_no_record(function):
    result = check("06.2", function)
    assert result.state == "not started"
    assert "Not started" in repr(result)
    assert "Not started" in result._repr_html_()
    assert not records.path().exists()


def test_a_blank_function_without_its_text_is_not_started():
    space = {}
    exec("def f(weights, consensus, bonds_penalty, numbers): pass", space)
    assert judge(CLIP, space["f"]).state == "not started"


def test_a_forgotten_return_is_named():
    def forgets(weights, consensus, bonds_penalty, numbers):
        clipped = np.minimum(weights, consensus)
        clipped.sum(axis=1)

    result = judge(CLIP, forgets)
    assert result.state == "wrong"
    assert "return" in result.hint


def test_a_right_function_is_recorded_and_tells_what_it_unlocked():
    result = check("06.2", right_clip)
    assert result.state == "right"
    assert CLIP.unlocks in repr(result)
    assert records.load().is_right("06.2")


def test_what_a_function_raises_is_shown_with_its_own_line_only():
    def raises(weights, consensus, bonds_penalty, numbers):
        limit = consensus.reshape(-1)
        return np.minimum(weights, limit[:1000000, None])

    result = judge(CLIP, raises)
    assert result.state == "wrong"
    assert "ValueError" in result.hint
    assert "limit[:1000000, None]" in repr(result)
    assert "tao_lab" not in repr(result)


def test_wrong_parameters_are_answered_with_how_the_function_is_called():
    result = judge(CLIP, lambda weights: weights)
    assert result.state == "wrong"
    assert "`clip_and_trust(weights, consensus, bonds_penalty, numbers)`" in result.hint


def test_an_endless_loop_is_stopped_even_if_it_swallows_exceptions():
    def endless(weights, consensus, bonds_penalty, numbers):
        while True:
            try:
                time.sleep(0.01)
            except Exception:  # noqa: BLE001 - what a student may write
                continue

    result = judge(CLIP, endless, seconds=0.2)
    assert result.state == "wrong"
    assert "Does its loop end, and after how many rounds?" in result.hint


@pytest.mark.parametrize("seconds", [0, 900])
def test_after_a_check_the_alarm_is_as_it_was(seconds):
    handler = signal.getsignal(signal.SIGALRM)
    before = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        judge(CLIP, right_clip)
        left, again = signal.getitimer(signal.ITIMER_REAL)
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)
    assert signal.getsignal(signal.SIGALRM) is handler
    assert 0 < left <= seconds if seconds else left == 0
    assert again == 0


def spin():
    with time_limit(0.1):
        while True:
            pass


def test_time_is_up_inside_the_limit_only():
    with pytest.raises(TimeUp):
        spin()


def test_after_a_limit_a_debugger_works():
    program = """
import sys
from tao_lab.course.running import TimeUp, time_limit

def traced():
    return sys.gettrace()

for seconds in (60, 0.1):
    try:
        with time_limit(seconds):
            while seconds < 1:
                pass
    except TimeUp:
        pass
    sys.settrace(lambda *_: None)
    assert traced()
    sys.settrace(None)
"""
    # in a process of its own: where it goes wrong, not even an alarm would end it
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300)


def test_limits_of_two_threads_do_not_meet():
    begun, ended = threading.Event(), threading.Event()
    found = []

    def other():
        with time_limit(60):
            begun.set()
            ended.wait(60)
            found.append(judge(CLIP, right_clip).state)

    thread = threading.Thread(target=other)
    thread.start()
    assert begun.wait(60)
    with pytest.raises(TimeUp):
        spin()
    ended.set()
    thread.join(60)
    assert found == ["right"]


def test_a_check_runs_outside_the_main_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(judge(CLIP, right_clip).state))
    thread.start()
    thread.join()
    assert found == ["right"]


def test_a_changed_argument_is_named():
    def in_place(weights, consensus, bonds_penalty, numbers):
        weights[weights > consensus] = 0
        np.minimum(weights, consensus, out=weights)
        return weights, weights.sum(axis=1), weights

    result = judge(CLIP, in_place)
    assert result.state == "wrong"
    assert "changes its argument `weights`" in result.hint


def test_a_changed_argument_is_named_even_if_another_case_raises():
    def in_place(weights, stake, old_bonds, bonds_moving_average, numbers):
        old_bonds /= 65_535  # numpy refuses this for whole numbers
        return old_bonds

    result = judge(exercises()["06.4"], in_place)
    assert "changes its argument `old_bonds`" in result.hint


def clip(weights, consensus):
    return np.minimum(weights, consensus)


def trust(weights, consensus):
    return clip(weights, consensus).sum(axis=1)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda w, c, p, n: np.minimum(w, c), "should return 3 arrays"),
        (lambda w, c, p, n: (1, 2), "returns 2 values"),
        (lambda w, c, p, n: (clip(w, c).T, trust(w, c), w), "on its side"),
        (lambda w, c, p, n: (clip(w, c), trust(w, c).sum(), w), "instead of one axis"),
        (lambda w, c, p, n: (clip(w, c), None, w), "`validator_trust` is None"),
        (lambda w, c, p, n: (w > c, trust(w, c), w), "True and False"),
        (lambda w, c, p, n: (np.full(w.shape, "x"), trust(w, c), w), "array of numbers"),
        (lambda w, c, p, n: ([[1, 2], [3]], trust(w, c), w), "different lengths"),
        (lambda w, c, p, n: (w * np.nan, trust(w, c), w), "NaN"),
        (lambda w, c, p, n: ((w - w) / 0, trust(w, c), w), "NaN"),
        (lambda w, c, p, n: (np.full(w.shape, np.inf), trust(w, c), w), "infinite"),
    ],
)
def test_an_answer_of_the_wrong_kind_gets_a_hint_about_that(answer, says):
    result = judge(CLIP, answer)
    assert result.state == "wrong"
    assert says in result.hint


def test_floats_where_the_chain_has_words_get_a_hint_about_numbers():
    def plain(clipped_weights, stake, numbers):
        ranks = (clipped_weights * stake[:, None]).sum(axis=0)
        return ranks, np.divide(ranks, ranks.sum(), out=np.zeros(len(ranks)), where=ranks.sum() > 0)

    result = judge(exercises()["06.3"], plain)
    assert result.state == "wrong"
    assert "numbers.divide" in result.hint or "numbers.multiply" in result.hint


def test_another_order_of_steps_is_right_over_floats_and_named_over_words():
    def divides_first(clipped_weights, stake, numbers):
        shares = numbers.multiply(clipped_weights, stake[:, None])
        total = shares.sum()
        return shares.sum(axis=0), numbers.divide(shares, total).sum(axis=0)

    result = judge(exercises()["06.3"], divides_first)
    assert result.state == "wrong"
    assert "order of the steps" in result.hint
    assert "word" in repr(result)


def test_an_unknown_mistake_shows_a_case_small_enough_to_work_by_hand():
    result = judge(CLIP, lambda w, c, p, n: (clip(w, c) * 0.5, trust(w, c), w))
    text = repr(result)
    assert "3 validators, 2 miners" in text
    assert "validator 2" in text
    assert "There `clipped_weights[" in result.hint
    assert "right is" in result.hint
    assert "Agree: `validator_trust`" in text


@pytest.mark.slow
def test_a_mistake_in_the_epoch_names_the_first_field_that_differs():
    result = judge(exercises()["06.6"], exercises()["06.6"].mistakes[1].function)
    assert "Agree: `active`, `validator_permit`, `stake_weight`, `consensus`" in repr(result)
    assert "There `incentive[" in repr(result)
    assert "the chain has" not in repr(result)


@pytest.mark.parametrize("value", [3, None, np.zeros(3)])
def test_what_is_no_function_is_answered_with_how_to_call_check(value):
    result = judge(CLIP, value)
    assert result.state == "wrong"
    assert "without parentheses" in result.hint


def test_a_quiz_does_not_give_its_answer_away():
    quiz = replace(CLIP, quiz=True, wrong_answers=())
    result = judge(quiz, lambda w, c, p, n: (clip(w, c) * 0.5, trust(w, c), w))
    assert result.state == "wrong"
    assert "right is" not in repr(result)


def test_an_unknown_exercise_is_named_with_those_that_there_are():
    with pytest.raises(UnknownIdError, match=r"exercise is '06.9'; allowed: .*'06.1', .*'06.6'"):
        check("06.9", right_clip)


def test_html_shows_student_text_as_text():
    def raises(weights, consensus, bonds_penalty, numbers):
        raise ValueError("<script>alert(1)</script>")

    assert "<script>" not in judge(CLIP, raises)._repr_html_()


def test_your_function_runs_where_it_can_and_ours_where_it_cannot(capsys):
    def blank(inputs): ...

    def ours(inputs):
        return None

    assert mine_or_reference("06.6", blank, ours) is ours
    assert mine_or_reference("06.6", right_epoch, ours) is right_epoch
    assert mine_or_reference("06.6", exercises()["06.6"].mistakes[1].function, ours) is not ours
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "my_epoch: your function is still blank, so the lab's own runs (06.6 is not started)"
    assert said[1] == "my_epoch: yours runs (06.6 is right)"


# --- the record ---


def test_progress_lists_every_exercise():
    check("06.2", right_clip)
    text = repr(progress("06"))
    assert "1 of 6" in text
    assert text.count("not started") == 5


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": "other"}', '{"format": "tao-lab/progress/1", "exercises": 3}']
)
def test_a_damaged_record_is_set_aside_with_a_notice(content, tmp_path):
    records.path().write_text(content)
    result = check("06.2", right_clip)
    assert result.state == "right"
    assert "was damaged" in repr(result)
    assert records.load().is_right("06.2")
    aside = list(tmp_path.glob(".tao-lab-progress.unreadable-*.json"))
    assert [file.read_text() for file in aside] == [content]


def test_a_record_that_cannot_be_written_costs_a_notice_only(monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(records.tempfile, "mkstemp", refuse)
    result = check("06.2", right_clip)
    assert result.state == "right"
    assert "not kept" in repr(result)


def test_a_record_is_written_whole_or_not_at_all(monkeypatch, tmp_path):
    check("06.2", right_clip)
    before = records.path().read_text()

    def breaks(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dump", breaks)
    assert "No space left" in repr(check("06.1", MEDIAN.reference))
    assert records.path().read_text() == before
    assert [file.name for file in tmp_path.iterdir()] == [records.FILE_NAME]


def test_labs_are_found_by_number():
    assert [lab.number for lab in labs()] == sorted(lab.number for lab in labs())
    assert "06" in [lab.number for lab in labs()]


# --- answers that are not arrays ---


def read_plain(result, **kinds):
    return read_values(**kinds)(result, Case({}, "nothing"))


def test_plain_values_are_read_as_what_they_are():
    assert read_plain((np.int64(3), np.True_, bytearray(b"ab"), None), a=int, b=bool, c=bytes, d=str | None) == {
        "a": 3,
        "b": True,
        "c": b"ab",
        "d": None,
    }


@pytest.mark.parametrize(
    ("result", "kind", "said"),
    [
        (1.0, int, "`x` is a float; it should be a whole number (int)."),
        (True, int, "`x` is a bool; it should be a whole number (int)."),
        ("0x00", bytes, "`x` is a str; it should be bytes."),
        (1, bool, "`x` is an int; it should be True or False."),
        (b"a", str | None, "`x` is a bytes; it should be text (str) or None."),
        (None, bytes, "is a `return` missing"),
    ],
)
def test_a_value_of_another_kind_is_named(result, kind, said):
    with pytest.raises(AnswerError, match=re.escape(said)):
        read_plain(result, x=kind)


def test_a_value_too_few_is_named():
    with pytest.raises(AnswerError, match="should return 2 values, as in `return a, b`"):
        read_plain(3, a=int, b=int)


@pytest.mark.parametrize(
    ("mine", "right", "said"),
    [
        (b"\x01\x03", b"\x01\x02", "`x` differs from byte 1 on."),
        (b"\x01", b"\x01\x02", "`x` has 1 byte, right is 2."),
        (3, 5, "`x` is 3, right is 5."),
        (10**9, None, "`x` is 1000000000, right is None."),
        (10**9, 5, "`x` is 1,000,000,000, right is 5."),
        (3.0, 3, "`x` is 3.0, a float; right is the whole number 3."),
        ([1], [1, 2], "`x` has 1 entries, right is 2."),
        ([1, 2], [1, 3], "`x[1]` is 2, right is 3."),
        ({"Ann": 1, "Bob": 2}, {"Ann": 1, "Bob": 3}, "`x['Bob']` is 2, right is 3."),
        ({"Ann": 1}, {"Ann": 1, "Bob": 3}, "`x['Bob']` is missing."),
        ({"Ann": 1, "Bob": 3}, {"Ann": 1}, "`x['Bob']` should not be there."),
    ],
)
def test_the_first_difference_is_said_in_words(mine, right, said):
    assert first_words({"x": mine}, {"x": right}, Case({}, "nothing")) == said


def test_bytes_are_shown_side_by_side():
    shown = repr(Card("wrong", "", "", differences({"x": b"\x01"}, {"x": b"\x01\x02"}, Case({}, "nothing"))))
    assert "0x0102" in shown


def positive(numbers):
    """The reference of an exercise whose answer is an array of True and False."""
    return np.array(numbers) > 0


MASK = Exercise(
    id="00.9",
    title="positive",
    solution=positive,
    reference=positive,
    cases=lambda rng: (Case({"numbers": row}, f"{row}") for row in ([3, 0, -1], [1, 1])),
    read=read_arrays(positive=mask(lambda given: (len(given["numbers"]),))),
    wrong_answers=(),
    unlocks="Nothing.",
)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda numbers: [number > 0 for number in numbers], "All 2 cases agree."),
        (lambda numbers: np.array(numbers) >= 0, "`positive[1]` is True, right is False."),
        (lambda numbers: [int(number > 0) for number in numbers], "`positive` holds numbers; it should hold True and"),
        (lambda numbers: np.array(numbers)[1:] > 0, "`positive` has shape (1,); it should be (2,)."),
    ],
)
def test_an_array_of_true_and_false_is_an_answer(answer, said):
    assert said in repr(judge(MASK, answer))


def test_a_reference_that_its_own_reader_refuses_is_named_with_its_case():
    numbers = replace(MASK, read=read_arrays(positive=lambda given: (len(given["numbers"]),)))
    said = r"00.9, case '\[3, 0, -1\]': the reader refuses the reference: `positive` holds True and False"
    with pytest.raises(ExerciseError, match=said):
        judge(numbers, positive)


def test_the_arguments_of_a_case_are_shown_whole_or_named_and_can_be_had_as_values():
    case = Case({"text": "```python", "key": Keypair.from_uri("//Alice"), "many": [*range(1_000)]}, "nothing")
    card = Card("wrong", "", "", show_case(case))
    assert "text  '```python'" in repr(card)
    assert "<code>&#x27;```python&#x27;</code>" in card._repr_html_()
    assert "a Keypair" in repr(card)
    assert "`key` and `many`, whole: `given = check(…).given`" in repr(card)
    plain = repr(Card("wrong", "", "", show_case(Case({"limit": None, "stakes": [90, 1_234_567], "lock": 10**12}, ""))))
    assert "whole" not in plain
    assert "`stakes = [90, 1_234_567]`, `lock = 1_000_000_000_000`" in plain


def test_what_a_check_gives_are_copies_of_the_arguments():
    result = judge(MEDIAN, lambda stake, weights, kappa, numbers: weights[0])
    assert list(result.given) == ["stake", "weights", "kappa", "numbers"]
    result.given["stake"][:] = 7
    assert not (result.given["stake"] == 7).any()
    assert judge(MEDIAN, MEDIAN.reference).given == {}


def test_what_cannot_be_copied_is_handed_over_as_it_is():
    key = Keypair.from_uri("//Alice")
    assert run(lambda key: key.ss58_address, {"key": key}).result == key.ss58_address


def test_a_command_is_run_as_typed_and_says_how_it_ended():
    ended = terminal("tao-lab --version")
    assert ended.code == 0
    assert repr(ended).startswith("$ tao-lab --version\ntao-lab ")
    assert "no such command" in repr(terminal("no-such-command"))


def test_a_heading_of_a_card_breaks_between_words_only():
    grid = Grid([["1", "0.5"]], ("UID", "validator trust"))
    headings = re.findall(r'<th style="([^"]*)"', Card("info", "Subnet", "one neuron", (grid,))._repr_html_())
    assert len(headings) == 2
    assert all("overflow-wrap:normal" in style for style in headings)
