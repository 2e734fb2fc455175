"""Whatever a student's function does, `check` says in a sentence what is wrong, and the notebook stays as it was."""

# Answers in here do what nobody should.
# ruff: noqa: BLE001, N818, NPY002, PTH109, SIM105, T201

import asyncio
import builtins
import contextlib
import decimal
import functools
import gc
import itertools
import locale
import os
import random
import signal
import sys
import threading
import time
import unittest.mock
import warnings

import numpy as np
import pytest

from tao_lab.course import compare
from tao_lab.course.checking import judge
from tao_lab.course.exercise import Case, Exercise, read_arrays, read_values

HUGE = 10**5000  # more digits than Python turns into text


def double(number, values):
    """The reference of an exercise that is as small as can be."""
    return 2 * number


def scale(number, values):
    return number * np.array(values)


COMMON = {
    "title": "doubles",
    "cases": lambda rng: (Case({"number": n, "values": [1, 2, n]}, f"number {n}") for n in (3, 5, 8)),
    "wrong_answers": (),
    "unlocks": "Nothing.",
}
WHOLE = Exercise(id="00.8", solution=double, reference=double, read=read_values(twice=int), **COMMON)
ARRAY = Exercise(
    id="00.9", solution=scale, reference=scale, read=read_arrays(scaled=lambda given: (len(given["values"]),)), **COMMON
)
RAW = Exercise(id="00.7", solution=double, reference=double, read=lambda result, case: {"twice": result}, **COMMON)
BOTH = (WHOLE, ARRAY, RAW)


class Hostile:
    """An object of which nothing works."""

    def refuse(self, *args, **kwargs):
        raise KeyboardInterrupt("no")

    __eq__ = __ne__ = __repr__ = __str__ = __array__ = __iter__ = __len__ = __getitem__ = __float__ = __int__ = refuse
    __hash__ = None


class Endless:
    """An object that nobody gets away from."""

    def spin(self, *args, **kwargs):
        while True:
            pass

    __eq__ = __ne__ = __repr__ = __str__ = __array__ = __iter__ = __len__ = spin
    __hash__ = None


class NoText(Exception):
    def __str__(self):
        raise RuntimeError("no text")


class EndlessText(Exception):
    def __str__(self):
        while True:
            pass


def raises(error):
    def answer(number, values):
        raise error

    return answer


def gives(value):
    return lambda number, values: value


def cyclic(number, values):
    answer = []
    answer.append(answer)
    return answer


def deep(number, values):
    answer = []
    for _ in range(100_000):
        answer = [answer]
    return answer


def itself(number, values):
    return itself


def generator(number, values):
    yield 2 * number


async def coroutine(number, values):
    return 2 * number


async def generator_of_a_coroutine(number, values):
    yield 2 * number


def recursion(number, values):
    return recursion(number, values)


ANSWERS = {
    "a number of 5,000 digits": gives(HUGE),
    "a negative number of 5,000 digits": gives(-HUGE),
    "a list of numbers of 5,000 digits": gives([HUGE] * 3),
    "an error about a number of 5,000 digits": raises(ValueError(HUGE)),
    "an error whose text raises": raises(NoText()),
    "an error with a text of 50,000 characters": raises(ValueError("x" * 50_000)),
    "BaseException": raises(BaseException("base")),
    "SystemExit": raises(SystemExit(3)),
    "KeyboardInterrupt": raises(KeyboardInterrupt()),
    "CancelledError": raises(asyncio.CancelledError()),
    "GeneratorExit": raises(GeneratorExit()),
    "StopIteration": raises(StopIteration(3)),
    "MemoryError": raises(MemoryError()),
    "a group of errors": raises(BaseExceptionGroup("both", [ValueError(1), KeyboardInterrupt()])),
    "a generator": generator,
    "a coroutine": coroutine,
    "an asynchronous generator": generator_of_a_coroutine,
    "a map": lambda number, values: map(int, values),
    "NaN": gives(float("nan")),
    "an array of NaN": gives(np.full(3, np.nan)),
    "infinity": gives(float("inf")),
    "a hostile object": gives(Hostile()),
    "a list of hostile objects": gives([Hostile()] * 3),
    "a class": lambda number, values: Hostile,
    "itself": itself,
    "a list that holds itself": cyclic,
    "a list of 100,000 levels": deep,
    "a list of a million entries": lambda number, values: [0] * 1_000_000,
    "no parameter": lambda: 3,
    "one parameter": lambda number: 3,
    "three parameters": lambda number, values, more: 3,
    "a parameter that is passed by name only": lambda number, values, *, more: 3,
    "endless recursion": recursion,
}


@pytest.mark.slow
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=list(ANSWERS))
@pytest.mark.parametrize("exercise", BOTH, ids=["whole", "array", "raw"])
def test_any_answer_is_wrong_with_a_sentence(exercise, answer):
    result = judge(exercise, answer)
    assert result.state == "wrong"
    assert result.hint
    assert len(result.hint) < 1000
    assert len(result._repr_html_()) < 10_000


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("an error whose text raises", "whose text raises RuntimeError"),
        ("SystemExit", "raised `SystemExit`: 3"),
        ("KeyboardInterrupt", "raised `KeyboardInterrupt`"),
        ("CancelledError", "raised `CancelledError`"),
        ("a generator", "gives a generator"),
        ("a coroutine", "without `async`"),
        ("a map", "write `list(…)` around it"),
        ("one parameter", "called as `double(number, values)`"),
        ("a parameter that is passed by name only", "called as `double(number, values)`"),
        ("endless recursion", "raised `RecursionError`"),
    ],
)
def test_the_sentence_names_what_happened(answer, says):
    assert says in judge(WHOLE, ANSWERS[answer]).hint


# --- what never ends ---


def swallows(number, values):
    while True:
        try:
            time.sleep(0.001)
        except BaseException:
            pass


def swallows_in_two_places(number, values):
    def inner():
        try:
            time.sleep(0.001)
        except BaseException:
            pass

    while True:
        try:
            inner()
        except BaseException:
            continue


def suppresses(number, values):
    while True:
        with contextlib.suppress(BaseException):
            sum(range(100))


def cancels(number, values):
    signal.alarm(0)
    while True:
        pass


def sleeps_without_an_alarm(number, values):
    signal.setitimer(signal.ITIMER_REAL, 0)
    time.sleep(3600)


def ignores(number, values):
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True:
        pass


def ignores_and_swallows(number, values):
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    swallows(number, values)


def low_recursion_limit(number, values):
    sys.setrecursionlimit(len(stack()) + 30)
    while True:
        pass


def stack():
    frame, frames = sys._getframe(), []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames


def grows(number, values):
    number = 3
    while True:
        number *= number


ENDLESS = [
    swallows,
    swallows_in_two_places,
    suppresses,
    cancels,
    sleeps_without_an_alarm,
    ignores,
    ignores_and_swallows,
    low_recursion_limit,
    grows,
    raises(EndlessText()),
]


@pytest.mark.slow
@pytest.mark.parametrize("answer", ENDLESS, ids=lambda answer: answer.__name__)
def test_what_never_ends_is_stopped(answer):
    def settings():
        alarm = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0] > 0
        return *alarm, signal.getsignal(signal.SIGINT), sys.gettrace(), sys.getrecursionlimit()

    before = settings()
    result = judge(WHOLE, answer, seconds=0.2)
    assert result.state == "wrong"
    assert "stopped after 0.2 s" in result.hint
    assert settings() == before


@pytest.mark.parametrize("exercise", BOTH, ids=["whole", "array", "raw"])
def test_an_object_that_never_ends_when_it_is_looked_at_is_stopped(exercise, monkeypatch):
    monkeypatch.setattr("tao_lab.course.checking.JUDGING", 0.2)
    result = judge(exercise, gives(Endless()), seconds=0.2)
    assert result.state == "wrong"
    assert result.hint


@pytest.mark.parametrize("answer", [swallows, suppresses, cancels], ids=lambda answer: answer.__name__)
def test_what_never_ends_is_stopped_in_any_thread(answer):
    found = []
    thread = threading.Thread(target=lambda: found.append(judge(WHOLE, answer, seconds=0.2).state), daemon=True)
    thread.start()
    thread.join(60)
    assert found == ["wrong"]


def test_the_users_own_interrupt_comes_through_even_if_the_function_swallows_it():
    def waits(number, values):
        os.kill(os.getpid(), signal.SIGINT)
        swallows(number, values)

    with pytest.raises(KeyboardInterrupt):
        judge(WHOLE, waits)
    assert judge(WHOLE, double).state == "right"


# --- what else a function touches ---


def printing(number, values):
    print("x" * 50_000)
    return 2 * number


def test_what_is_printed_is_shown_once_and_shortened(capsys):
    result = judge(WHOLE, printing)
    assert result.state == "right"
    assert "50,001 characters in all" in repr(result)
    assert 100 < repr(result).count("x") < 1000
    assert capsys.readouterr() == ("", "")


def test_what_is_printed_on_the_case_that_is_shown_helps_to_find_the_mistake():
    def prints(number, values):
        print("number is", number)
        return number

    assert "Your function printed: number is 3" in repr(judge(WHOLE, prints))


def moves(number, values):
    os.chdir("/")
    return 2 * number


def sets_environment(number, values):
    os.environ["TAO_LAB_TEST"] = "1"
    return 2 * number


def seeds_numpy(number, values):
    np.random.seed(1)
    return 2 * number


def draws(number, values):
    random.random()
    return 2 * number


def leaves_a_thread(number, values):
    ends = threading.Event()
    threading.Thread(target=ends.wait, args=(60,), daemon=True).start()
    running.append(ends)
    return 2 * number


running = []


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (moves, "the working directory"),
        (sets_environment, "`os.environ`"),
        (seeds_numpy, "`np.random`"),
        (draws, "`random`"),
        (leaves_a_thread, "running threads"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_a_function_changes_around_it_is_named_and_put_back(answer, says, monkeypatch):
    monkeypatch.setattr("tao_lab.course.running.THREAD_ENDS", 0.05)
    before = os.getcwd(), dict(os.environ), random.getstate(), np.random.get_state()[1].tolist()
    result = judge(WHOLE, answer)
    for ends in running:
        ends.set()
    assert result.state == "wrong"
    assert says in result.hint
    assert (os.getcwd(), dict(os.environ), random.getstate(), np.random.get_state()[1].tolist()) == before


def test_a_changed_recursion_limit_is_put_back():
    def deeper(number, values):
        sys.setrecursionlimit(5000)
        return 2 * number

    before = sys.getrecursionlimit()
    judge(WHOLE, deeper)
    assert sys.getrecursionlimit() == before


@pytest.mark.parametrize("entry", [0, Hostile(), HUGE], ids=["number", "hostile", "huge"])
def test_a_changed_list_is_named_whatever_is_put_there(entry):
    def changes(number, values):
        values[0] = entry
        return 2 * number

    result = judge(WHOLE, changes)
    assert result.state == "wrong"
    assert "changes its argument `values`" in result.hint


# --- what nobody does, and somebody tried ---


class Pretender:
    """Claims to be a number."""

    __class__ = int


class OfNoClass:
    @property
    def __class__(self):
        raise RuntimeError("no class")


class EndlessMapping(dict):
    def items(self):
        return itertools.count()


class WrongArray:
    def __array__(self, *args, **kwargs):
        return "not an array"


class OddList(list):
    def __iter__(self):
        return itertools.count()

    def __len__(self):
        return -1


class OddText(str):
    __slots__ = ()

    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


class OddError(Exception):
    def __str__(self):
        return 5

    def __getattribute__(self, name):
        raise RuntimeError(name)


def wraps_itself(number, values):
    return number


wraps_itself.__wrapped__ = wraps_itself


def exits_in_a_thread(number, values):
    thread = threading.Thread(target=sys.exit, args=(1,))
    thread.start()
    thread.join()
    return number


def closes_its_output(number, values):
    print("so far")
    sys.stdout.close()
    sys.stdout = None
    return number


def traces(number, values):
    def tracer(frame, event, argument):
        raise RuntimeError("traced")

    sys.settrace(tracer)
    sys.setprofile(tracer)
    return number


def turns_warnings_to_errors(number, values):
    warnings.simplefilter("error")
    np.seterr(all="raise")
    decimal.getcontext().prec = 2
    return number


def lifts_limits(number, values):
    sys.set_int_max_str_digits(0)
    gc.disable()
    sys.excepthook = None
    return number


def deletes_itself(number, values):
    globals().pop("deletes_itself", None)
    return number


STRANGE = {
    "an object that claims to be an int": gives(Pretender()),
    "an object without a class": gives(OfNoClass()),
    "a mapping that never ends": lambda number, values: EndlessMapping(),
    "an array that is not one": gives(WrongArray()),
    "a list that counts for ever": gives(OddList([1])),
    "a text whose text raises": gives(OddText("x")),
    "an error whose text is a number": raises(OddError()),
    "endless counting": lambda number, values: itertools.count(),
    "an endless cycle in a tuple": lambda number, values: (itertools.cycle([1]),),
    "an array of 10^12 entries": lambda number, values: np.broadcast_to(0, (10**6, 10**6)),
    "an array that holds itself": lambda number, values: holds_itself(),
    "a text of three million characters": gives("x" * 3_000_000),
    "half a character": gives("\ud800"),
    "an error about half a character": raises(ValueError("\ud800")),
    "an error group in a group": raises(ExceptionGroup("\ud800", [ExceptionGroup("x", [OddError()])])),
    "a structured array": gives(np.zeros(2, [("a", int), ("b", float)])),
    "dates": gives(np.array(["2020-01-01"], "datetime64[D]")),
    "a complex number": gives(1j),
    "a type": gives(int),
    "a module": gives(os),
    "a lock": gives(threading.Lock()),
    "a bound method": gives([].append),
    "a mock": gives(unittest.mock.MagicMock()),
    "a mock as the function": unittest.mock.MagicMock(),
    "a partial function": functools.partial(max, 1),
    "a class as the function": dict,
    "a function that wraps itself": wraps_itself,
    "sys.exit in a thread": exits_in_a_thread,
    "a closed output": closes_its_output,
    "a tracer": traces,
    "warnings as errors": turns_warnings_to_errors,
    "no limits": lifts_limits,
    "a function that deletes itself": deletes_itself,
}


def holds_itself():
    answer = np.empty(1, object)
    answer[0] = answer
    return answer


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # sys.exit in a thread
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("answer", STRANGE.values(), ids=list(STRANGE))
@pytest.mark.parametrize("exercise", BOTH, ids=["whole", "array", "raw"])
def test_strange_answers_are_wrong_with_a_sentence_and_leave_nothing_behind(exercise, answer):
    before = state_of_python()
    result = judge(exercise, answer)
    assert state_of_python() == before
    assert result.state == "wrong"
    assert result.hint
    assert len(result._repr_html_().encode()) < 10_000
    assert repr(result).encode()
    assert judge(WHOLE, double).state == "right"


def state_of_python():
    return (
        (sys.gettrace(), sys.getprofile(), gc.isenabled(), sys.get_int_max_str_digits(), sys.excepthook),
        (sys.stdout, sys.stderr, np.geterr(), decimal.getcontext().prec, warnings.filters[:1]),
        locale.setlocale(locale.LC_ALL),
    )


def replaces_a_builtin(number, values):
    builtins.len = lambda value: 3
    builtins.isinstance = lambda value, kind: True
    return 2 * number


def replaces_a_function_of_numpy(number, values):
    np.isclose = np.asarray = lambda *args, **kwargs: True
    return 2 * number


def replaces_the_judge(number, values):
    compare.first_difference = lambda *args, **kwargs: ""
    return 1


def changes_the_locale(number, values):
    locale.setlocale(locale.LC_ALL, "C.UTF-8" if locale.setlocale(locale.LC_ALL) == "C" else "C")
    return 2 * number


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (replaces_a_builtin, "`builtins.isinstance` and `builtins.len`"),
        (replaces_a_function_of_numpy, "`numpy.asarray`"),
        (replaces_the_judge, "`tao_lab.course.compare.first_difference`"),
        (changes_the_locale, "the locale"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_a_function_replaces_is_named_and_put_back(answer, says):
    before = builtins.len, builtins.isinstance, np.isclose, np.asarray, compare.first_difference, state_of_python()
    result = judge(WHOLE, answer)
    now = builtins.len, builtins.isinstance, np.isclose, np.asarray, compare.first_difference, state_of_python()
    assert now == before
    assert result.state == "wrong"
    assert all(word in result.hint for word in says.split(" and "))


def test_a_function_that_splits_the_process_is_judged_once(tmp_path):
    def splits(number, values):
        os.fork()
        return number

    result = judge(WHOLE, splits)
    with (tmp_path / "judged").open("a") as file:
        file.write("once")
    assert result.state == "wrong"
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    assert (tmp_path / "judged").read_text() == "once"
