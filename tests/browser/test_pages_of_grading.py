"""What a grader and an instructor read: pages that keep nobody out, in both schemes of colour."""

import pytest

from tao_lab.course import registry
from tao_lab.course.checking import judge
from tao_lab.course.lab10 import report as robustness
from tao_lab.grading import report
from tao_lab.grading.grade import Graded, Mark, Settings

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def pages():
    """Pages of a small class, by name: a right answer, a wrong one with its card, an essay, a strange file."""
    exercise = registry.exercises()["02.1"]
    wrong = exercise.mistakes[0]
    card = judge(exercise, wrong.function)._repr_html_()
    marks = (
        Mark("02.1", "wrong", wrong.hint, wrong.name, card, "def f(): pass"),
        Mark("02.2", "right", text="def g(): pass"),
        Mark("02.3", "not started"),
    )
    grades = [
        Graded("ann", "1", "ann/02.ipynb", "02", "", marks, (("10.e1", "Because."),)),
        Graded("bob", "2", "bob/02.ipynb", "02", "not a notebook"),
    ]
    found = report.of_class(grades, ["02"], Settings(seed=1), ["x.txt: not a notebook"])
    return {
        "the class": report.class_page(found, []),
        "a student": report.student_page(found.students[0], found, with_solutions=True),
        "the essays": report.essays_page(found),
        "robustness": robustness.page_of("routes", "", [judge(exercise, wrong.function).card]),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["the class", "a student", "the essays", "robustness"])
def test_a_page_keeps_nobody_out(visit, violations, pages, name, scheme):
    visit.page.emulate_media(color_scheme=scheme)
    # the pages run nothing, and their policy would keep the test's own script out too
    visit.page.set_content(pages[name].replace(report.POLICY, "default-src 'unsafe-inline' data:"))
    assert violations(visit.page) == []
