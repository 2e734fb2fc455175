"""Lab 10: each step closes a hole; the report is a page; the network runs on what a student wrote, to the rao."""

import json
from itertools import pairwise
from random import Random

import nbformat
import pytest

from tao_lab.course import labs, registry
from tao_lab.course.checking import judge
from tao_lab.course.lab10 import reference, workshop
from tao_lab.course.lab10.essays import ESSAYS, rubric
from tao_lab.course.lab10.found import written
from tao_lab.course.lab10.maps import lazy_route, route_length, short_route
from tao_lab.course.lab10.network import NF4, SLOTS, by_vectors, packed_score, your_network
from tao_lab.course.lab10.report import hand_in
from tao_lab.course.lab10.workshop import MENDED, TEMPLATE, stressed, with_parts
from tao_lab.course.solve import lab, solution_sources
from tao_lab.errors import LabError
from tao_lab.subnets.stress import stress

# --- six steps --------------------------------------------------------------------------------------------------------


def test_each_step_closes_a_hole_and_after_the_third_none_is_found():
    steps = [TEMPLATE]
    for part in ("make", "form", "worth"):
        steps.append(with_parts(steps[-1], **{part: getattr(MENDED, part)}))
    found = [{finding.strategy for finding in stressed(step).cheap} for step in steps]
    assert found[0] == {"constant", "template", "cached", "imitate"}
    assert found[1] == {"constant", "template", "imitate"}
    assert found[2] == {"imitate"}
    assert found[3] == set()
    assert all(later < earlier for earlier, later in pairwise(found))


def test_the_card_counts_the_ways_and_the_duel_names_who_is_as_good_as_honest():
    assert "4 ways to cheat" in repr(workshop.stress_card(TEMPLATE))
    assert "As good as honest: lazy" in repr(workshop.duel_card(TEMPLATE, rounds=3))
    assert "Honest work comes first" in repr(workshop.duel_card(MENDED, rounds=6))


def test_a_search_is_shorter_than_a_lazy_route_and_both_visit_every_town():
    for towns in reference.make_tasks(range(5)):
        lazy, short = lazy_route(towns), short_route(towns)
        assert sorted(lazy) == sorted(short) == list(range(workshop.TOWNS))
        assert route_length(towns, short) <= route_length(towns, lazy)


@pytest.mark.parametrize(
    ("exercise", "function", "says"),
    [
        ("10.1", lambda seeds: [[[1, 2]] * 11 for _ in seeds], "A map has 11 towns"),
        ("10.1", lambda seeds: [], "0 maps for"),
        ("10.1", lambda seeds: [[[0.5, 2]] * 12 for _ in seeds], "two whole numbers"),
        ("10.2", lambda towns: {"type": "route"}, "This is not a JSON Schema"),
        ("10.2", lambda towns: {}, "a_text"),
        ("10.3", lambda towns, route, lazy: "much", "should return a number"),
        ("10.3", lambda towns, route, lazy: float("nan"), "should return a number"),
        ("10.3", lambda towns, route, lazy: 0.5, "Not right on any case yet"),
    ],
)
def test_what_got_through_is_said(exercise, function, says):
    assert says in repr(judge(registry.exercises()[exercise], function))


def towns_of(seed):
    random = Random(seed)
    return [[random.randrange(1000), random.randrange(1000)] for _ in range(12)]


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: towns_of(seed % 1000),
        lambda seed: towns_of(seed % 10**9),
        lambda seed: towns_of(str(seed)[-6:]),
        lambda seed: towns_of(float(seed)),
        lambda seed: towns_of(seed % 2**32 ^ seed >> 32),
        lambda seed: [[x, x] for x, _ in towns_of(seed)],
        lambda seed: [[80 * town, 70 * town] for town in range(11)] + towns_of(seed)[:1],
        lambda seed: [[(7 * seed + 83 * town) % 1000, (13 * seed + 41 * town) % 1000] for town in range(12)],
    ],
    ids=["three digits", "nine digits", "six digits as text", "float", "folded", "diagonal", "one town", "moved only"],
)
def test_maps_that_are_easily_foreseen_are_wrong(make):
    assert judge(registry.exercises()["10.1"], lambda seeds: [make(seed) for seed in seeds]).state == "wrong"


@pytest.mark.parametrize(
    ("exercise", "function", "why"),
    [
        (
            "10.4",
            lambda honest, cheat, spread: next(
                (n for n in range(1, 1000) if honest > cheat and honest - cheat >= 2 * spread / n**0.5), None
            ),
            "is None where there is an answer",
        ),
        (
            "10.5",
            lambda honest, cheat, most: next(
                (power for power in range(1, 100) if cheat**power <= most * honest**power), None
            ),
            "You give up after some powers.",
        ),
    ],
    ids=["10.4", "10.5"],
)
def test_a_search_that_gives_up_early_is_wrong(exercise, function, why):
    assert why in repr(judge(registry.exercises()[exercise], function))


def test_a_subnet_is_measured_on_its_own_miners():
    honest, cheat, spread = workshop.measured(MENDED)
    assert 0 == cheat < honest < 1
    assert spread > 0
    assert workshop.measured(TEMPLATE, rounds=2)[1] == 1.0


def test_any_maps_that_keep_the_rules_are_right_and_any_form_that_lets_the_same_in():
    def make_tasks(seeds):
        from hashlib import shake_256

        def town(seed, number):
            data = shake_256(f"{seed} {number}".encode()).digest(8)
            return [int.from_bytes(data[:4], "big") % 1000, int.from_bytes(data[4:], "big") % 1000]

        return [[town(seed, number) for number in range(12)] for seed in seeds]

    assert judge(registry.exercises()["10.1"], make_tasks).state == "right"
    assert judge(registry.exercises()["10.2"], lambda towns: reference.answer_form(towns)).state == "right"


# --- the report -------------------------------------------------------------------------------------------------------


def test_the_report_is_one_page_with_all_of_it(tmp_path):
    good = hand_in(MENDED, tmp_path / "good.html", author="Ann <Lee>")
    page = good.file.read_text()
    assert "Name: Ann &lt;Lee&gt;</p>" in page
    assert "Robust" in repr(good)
    assert good.tasks >= 1
    for words in (
        "honest, seed by seed",
        "stress test of routes",
        "Cost of validation",
        "Declared weakness",
        "collude",
    ):
        assert words in page
    bad = hand_in(TEMPLATE, tmp_path / "bad.html", tasks=2, budget=80)
    assert "Not yet robust" in repr(bad)
    assert "Name: ____" in bad.file.read_text()
    assert bad.tasks is None


def test_a_page_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(LabError, match="name another file"):
        hand_in(MENDED, tmp_path / "nowhere" / "page.html", tasks=1, budget=1)


# --- your network -----------------------------------------------------------------------------------------------------


def cell(text, *tags):
    return {"cell_type": "code", "source": text, "metadata": {"tags": list(tags)}}


def notebook(folder, name, *cells):
    (folder / f"{name}.ipynb").write_text(json.dumps({"cells": list(cells)}))


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """A student's folder with the solutions of all labs in it."""
    folder = tmp_path_factory.mktemp("solved")
    for known in labs():
        book = nbformat.read(known.notebook, as_version=4)
        sources = solution_sources(lab(known.number))
        for one in book.cells:
            if "exercise" in one.metadata.get("tags", []):
                exercise = next(tag for tag in one.metadata.tags if tag != "exercise")
                one.source = sources[registry.exercises()[exercise].name]
        nbformat.write(book, folder / f"{known.name}.ipynb")
    return folder


@pytest.mark.slow
def test_with_all_labs_solved_the_network_is_the_students_and_the_chain_is_the_same(solved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = your_network(solved)
    assert result.missing == ()
    assert result.same
    assert "Your network is the chain: 11 of 11 parts are yours" in repr(result)


@pytest.mark.slow
def test_without_notebooks_all_is_ours_and_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = your_network(tmp_path)
    assert result.missing == tuple(slot.exercise for slot in SLOTS)
    assert "Ours for now" in repr(result)
    assert "no notebook of lab 06 lies beside this one" in repr(result)


@pytest.mark.parametrize(
    "slot", [slot for slot in SLOTS if slot.kind and slot.kind != "epoch"], ids=lambda s: s.exercise
)
def test_a_students_function_gives_the_chains_numbers_and_a_wrong_one_does_not(slot, solved):
    found = written(slot.exercise, solved)
    passed, total, first = by_vectors(slot, found.function)
    assert (passed, first) == (total, "")
    assert total >= 8
    passed, total, first = by_vectors(slot, lambda *_: None)
    assert passed < total
    assert first


def test_a_function_that_fails_vectors_stays_out_and_the_first_difference_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tao_lab.course.lab10.network.SLOTS", tuple(s for s in SLOTS if s.exercise == "07.1"))
    monkeypatch.setattr("tao_lab.course.lab10.network._run", lambda parts: {"blocks": "1"})
    notebook(tmp_path, "07-mine", cell("def block_emission(issuance):\n    return 7", "exercise", "07.1"))
    (part,) = your_network(tmp_path).parts
    assert not part.yours
    assert "yours fails" in part.said
    assert "emission" in part.said


@pytest.mark.parametrize(
    ("exercise", "name", "body", "says"),
    [
        ("07.1", "block_emission(issuance)", "while True: pass", "does not end: stopped after 0.2 s"),
        ("07.1", "block_emission(issuance)", "raise SystemExit(3)", "yours fails 8 of 8 vectors"),
        ("04.1", "quantize(block, table)", "while True: pass", "does not end, and was stopped after 0.2 s"),
        ("04.1", "quantize(block, table)", "raise SystemExit(3)", "SystemExit: 3"),
        ("04.1", "quantize(block, table)", "return [0] * 64, 1.0", "a block loses more than it must"),
    ],
)
def test_a_part_that_never_ends_or_ends_the_program_stays_out(tmp_path, monkeypatch, exercise, name, body, says):
    monkeypatch.chdir(tmp_path)
    if "while" in body:
        monkeypatch.setattr("tao_lab.course.lab10.network.SECONDS", 0.2)
    monkeypatch.setattr("tao_lab.course.lab10.network.SLOTS", tuple(s for s in SLOTS if s.exercise == exercise))
    monkeypatch.setattr("tao_lab.course.lab10.network._run", lambda parts: {"blocks": "1"})
    notebook(tmp_path, f"{exercise[:2]}-mine", cell(f"def {name}:\n    {body}", "exercise", exercise))
    (part,) = your_network(tmp_path).parts
    assert not part.yours
    assert says in part.said


def test_some_right_parts_are_not_called_the_whole_chain(tmp_path, monkeypatch, solved):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tao_lab.course.lab10.network.SLOTS", tuple(s for s in SLOTS if s.exercise in ("07.1", "08.4")))
    monkeypatch.setattr("tao_lab.course.lab10.network._run", lambda parts: {"blocks": "1"})
    (tmp_path / "07-emission.ipynb").write_text((solved / "07-emission.ipynb").read_text())
    assert "Your parts hold: 1 of 2 parts are yours" in repr(your_network(tmp_path))


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ([cell("def block_emission(issuance):\n    ...", "exercise", "07.1")], "not written yet"),
        ([cell("raise SystemExit", "exercise", "07.1")], "its cell stops with SystemExit"),
        ([cell("def block_emission(:", "exercise", "07.1")], "its cell stops with SyntaxError"),
        ([cell("x = 1")], "defines no block_emission"),
        ([{"cell_type": "code"}], "cannot be read"),
    ],
)
def test_a_function_that_is_not_there_is_explained(tmp_path, cells, why):
    notebook(tmp_path, "07-mine", *cells)
    found = written("07.1", tmp_path)
    assert found.function is None
    assert why in found.why


def test_only_imports_constants_and_exercises_of_a_notebook_run(tmp_path):
    notebook(
        tmp_path,
        "07-mine",
        cell(f"import math\nTAO = 10**9\nopen({str(tmp_path / 'harm')!r}, 'w')"),
        cell("def block_emission(issuance):\n    return math.floor(TAO)", "exercise", "07.1"),
    )
    assert written("07.1", tmp_path).function(0) == 10**9
    assert not (tmp_path / "harm").exists()


def test_packed_weights_are_scored_by_what_is_lost():
    import numpy as np

    block = np.random.default_rng(1).normal(0, 0.02, 64).astype(np.float32)
    codes = np.abs((block / np.abs(block).max())[:, None] - NF4).argmin(axis=1)
    assert packed_score(block, codes, float(np.abs(block).max())) == 1.0
    assert 0 < packed_score(block, np.clip(codes + 1, 0, 15), float(np.abs(block).max())) < 1
    assert packed_score(block, codes, 0.0) == 0.0


@pytest.mark.slow
def test_the_table_of_nf4_is_bitsandbytes_own():
    nf4 = pytest.importorskip("tao_lab.neurons.models.nf4")
    pytest.importorskip("bitsandbytes")
    assert (nf4.code_table() == NF4).all()


# --- essays -----------------------------------------------------------------------------------------------------------


def test_every_essay_has_a_cell_with_its_question_and_a_rubric():
    cells = nbformat.read(lab("10").notebook, as_version=4).cells
    tagged = [one for one in cells if "essay" in one.metadata.get("tags", [])]
    assert [one.metadata.tags[1] for one in tagged] == [essay.id for essay in ESSAYS]
    for one, essay in zip(tagged, ESSAYS, strict=True):
        assert essay.question in one.source
        assert essay.points == 8
        assert all(criterion.looks_for in repr(rubric(essay.id)) for criterion in essay.rubric)


def test_an_essay_that_there_is_not_is_an_error():
    with pytest.raises(LabError, match=r"essay is '10\.e9'"):
        rubric("10.e9")


def test_a_stress_test_of_the_lab_repeats():
    first, again = (stress(MENDED, tasks=2, budget=40, seed=3, only=["constant", "cached"]) for _ in range(2))
    assert [(f.strategy, f.score, f.words) for f in first.findings] == [
        (f.strategy, f.score, f.words) for f in again.findings
    ]
