"""An answer that depends on more than its arguments is told from a right one, even where it is right on each case."""

import time
from dataclasses import replace

import numpy as np
import pytest

from tao_lab.course.checking import judge
from tao_lab.course.exercise import Case, Exercise, read_arrays, read_values
from tao_lab.course.running import hashes_text


def total(values, number):
    """The sum, times a number."""
    return number * sum(values)


def scaled(values, number):
    return np.array(values) * number


def cases(rng):
    for count in (2, 3, 5):
        yield Case({"values": list(range(1, count + 1)), "number": count}, f"{count} values")


WHOLE = Exercise(
    id="00.8",
    title="a sum",
    solution=total,
    reference=total,
    cases=cases,
    read=read_values(total=int),
    wrong_answers=(),
    unlocks="Nothing.",
)
ARRAY = replace(
    WHOLE, solution=scaled, reference=scaled, read=read_arrays(scaled=lambda given: (len(given["values"]),))
)


def grows_a_default():
    def answer(values, number, seen=[]):  # noqa: B006 - the mistake
        seen.extend(values)
        return number * sum(seen)

    return answer


def counts():
    calls = []

    def answer(values, number):
        calls.append(number)
        return total(values, number) + (len(calls) > 3)

    return answer


def keeps_what_it_knows_too_coarsely():
    known = {}

    def answer(values, number):
        return known.setdefault(number > 2, total(values, number))

    return answer


def uses_up_a_generator():
    numbers = iter([2, 3, 5])

    def answer(values, number):
        return next(numbers) * sum(values)

    return answer


def remembers_the_last():
    last = [0]

    def answer(values, number):
        before, last[0] = last[0], number
        return total(values, number) if before != number else 0

    return answer


def by_chance():
    rng = np.random.default_rng(5)
    return lambda values, number: total(values, number) + int(rng.integers(1_000))


def by_the_clock():
    return lambda values, number: time.perf_counter_ns()


def ends_only_at_first():
    calls = []

    def answer(values, number):
        calls.append(number)
        while len(calls) > 3:
            pass
        return total(values, number)

    return answer


@pytest.mark.parametrize(
    "make",
    [
        grows_a_default,
        counts,
        keeps_what_it_knows_too_coarsely,
        uses_up_a_generator,
        remembers_the_last,
        by_chance,
        by_the_clock,
        ends_only_at_first,
    ],
    ids=lambda make: make.__name__,
)
def test_an_answer_with_a_memory_is_wrong_and_told_what_it_depends_on(make):
    result = judge(WHOLE, make(), seconds=0.5 if make is ends_only_at_first else 20)
    assert result.state == "wrong"
    assert "outlives a call" in result.hint or make is keeps_what_it_knows_too_coarsely
    assert "values" in result.hint


def test_a_result_that_is_used_again_for_the_next_call_is_named():
    buffer = []

    def answer(values, number):
        buffer[:] = [number * value for value in values]
        return buffer

    result = judge(ARRAY, answer)
    assert result.state == "wrong"
    assert "changes when it is called again" in result.hint


def test_a_memory_that_leaves_nothing_out_is_right():
    known = {}

    def answer(values, number):
        return known.setdefault((tuple(values), number), total(values, number))

    assert judge(WHOLE, answer).state == "right"


def test_slow_answers_are_not_asked_twice(monkeypatch):
    monkeypatch.setattr("tao_lab.course.checking.REPEATING", 0.0)
    calls = []

    def answer(values, number):
        calls.append(number)
        return total(values, number)

    assert judge(WHOLE, answer).state == "right"
    assert len(calls) == 3


def by_name(seeds):
    """A text's hash, under another name."""
    text = f"{seeds}"
    return hash(text)


def by_digest(seeds):
    """Digests are the same everywhere, and so are the hashes of whole numbers."""
    return hash(seeds) + int.from_bytes(str(seeds).encode(), "little")


@pytest.mark.parametrize(("function", "wrong"), [(by_name, True), (by_digest, False)])
def test_a_hash_of_a_text_is_found_in_the_text_of_a_function(function, wrong):
    assert hashes_text(function) == wrong


def test_a_right_answer_that_hangs_on_the_hash_of_a_text_is_refused():
    def same_for_now(values, number):
        return number * sum(values) + 0 * hash(str(number))

    result = judge(WHOLE, same_for_now)
    assert result.state == "wrong"
    assert "`hash` of a text is another number each time Python starts" in result.hint
