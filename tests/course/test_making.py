"""Notebooks, solutions and behaviours are what their exercises make of them."""

import doctest
import importlib.util
import json
import re

import pytest

from tao_lab import paths
from tao_lab.course import registry, solve
from tao_lab.course.behaviour import Outcome, known_names, outcomes, table_file
from tao_lab.course.checking import judge
from tao_lab.course.exercise import Edit, EditError, edited
from tao_lab.course.making import behaviours, blank, exercises_of, notebook, solutions
from tao_lab.course.mutants import KINDS

LABS = tuple(lab for lab in solve.labs() if exercises_of(lab.number))
QUICK = 10  # seconds: what a check may take; who asks for more is slow on purpose
WRITTEN = tuple(exercise for lab in LABS for exercise in exercises_of(lab.number))

each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.number)


@each_lab
def test_the_notebook_has_the_blank_cells_and_checks_of_its_exercises(lab):
    assert notebook(lab) == lab.notebook.read_text(encoding="utf-8"), "run `make labs`"


@each_lab
def test_the_file_of_solutions_holds_the_solutions_of_the_exercises(lab):
    assert solutions(lab.number) == lab.solutions.read_text(encoding="utf-8"), "run `make labs`"


@each_lab
def test_the_file_of_behaviours_knows_the_exercises_of_its_lab_and_their_mistakes(lab):
    shipped = json.loads(table_file(lab.number).read_text(encoding="utf-8"))
    mine = exercises_of(lab.number)
    assert list(shipped) == [exercise.id for exercise in mine], "run `make labs`"
    for exercise in mine:
        names = {wrong.name for wrong in exercise.wrong_answers}
        assert all(kind in KINDS or set(kind.split(" + ")) <= names for kind in shipped[exercise.id]), "run `make labs`"


@pytest.mark.slow
@pytest.mark.parametrize("exercise", WRITTEN, ids=lambda exercise: exercise.id)
def test_the_behaviours_that_are_shipped_are_those_of_the_mutants(exercise):
    """A sample of one in eight, another one for each exercise; `make labs` and `tao-lab bench judge` run all."""
    known = known_names(exercise)
    begin = int(exercise.id.replace(".", "")) % 8
    for each in outcomes(exercise, lambda place: place % 8 == begin):
        assert all(digest in known for digest in each.digests), f"{each.kind}: {each.label}: run `make labs`"


def test_behaviours_name_the_first_kind_that_a_digest_belongs_to():
    found = [Outcome("unit", "one", "wrong", ("aa", "bb")), Outcome("sign", "other", "wrong", ("bb", "cc"))]
    assert json.loads(behaviours({"00.1": found})) == {"00.1": {"unit": "aa bb", "sign": "cc"}}


def test_a_blank_cell_is_signature_and_docstring_and_nothing_of_the_solution():
    text = blank(registry.exercises()["06.2"])
    assert text.startswith("def clip_and_trust(weights, consensus, bonds_penalty, numbers=FLOAT):\n")
    assert text.endswith('"""\n    ...')
    assert "minimum" not in text


@pytest.mark.parametrize(
    "exercise",
    [pytest.param(e, id=e.id, marks=[pytest.mark.slow] if e.seconds > QUICK else []) for e in WRITTEN],
)
def test_the_examples_in_a_docstring_come_out_as_they_say(exercise):
    names = dict(exercise.solution.__globals__)
    examples = doctest.DocTestParser().get_doctest(exercise.solution.__doc__, names, exercise.name, None, 0)
    assert doctest.DocTestRunner().run(examples).failed == 0


def test_the_exercise_of_the_documentation_works(tmp_path):
    text = (paths.LABS.parent / "docs" / "labs.md").read_text(encoding="utf-8")
    file = tmp_path / "quorum.py"
    file.write_text(re.search(r"```python\n(\"\"\"06\.7.*?)```", text, re.DOTALL)[1])
    spec = importlib.util.spec_from_file_location("quorum", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert judge(module.EXERCISE, module.support).state == "right"
    assert [judge(module.EXERCISE, wrong.function).mistake for wrong in module.EXERCISE.mistakes] == [
        "more than",
        "heads",
        "the others",
    ]
    assert all(each.state != "right" for each in outcomes(module.EXERCISE))


def edit(changes, name="one"):
    return Edit(name, changes, "a hint")


def test_an_edit_changes_the_one_place_that_it_names():
    assert edited("a + b", edit({"+": "-"})) == "a - b"
    assert edited("a + b", edit({"a": "x"}), edit({"b": "y"}, "other")) == "x + y"


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ([edit({"c": "d"})], "occurs 0 times"),
        ([edit({"b": "d"})], "occurs 2 times"),
        ([edit({"a +": "x"}), edit({"+": "-"}, "other")], "'one' and 'other' change the same text"),
    ],
)
def test_an_edit_that_does_not_fit_is_named(edits, said):
    with pytest.raises(EditError, match=said):
        edited("a + b * b", *edits)
