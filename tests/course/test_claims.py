"""The page of claims: every claim has a cell, its verdict is the experiment's, and other facts give other verdicts."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import nbformat
import pytest

from tao_lab import paths
from tao_lab.course import registry, report
from tao_lab.course.claims import RULES
from tao_lab.course.registry import UnknownIdError
from tao_lab.course.verdicts import comparisons, motives, verdict
from tao_lab.course.verdicts.cells import SIGNS
from tao_lab.course.verdicts.running import Places, Running, Strangers, largest
from tao_lab.datasets import load_mainnet
from tao_lab.errors import LabError
from tao_lab.network.flow import AlphaFlow, Received, TaoFlow

PAGE = paths.LABS / "pages" / "claims.ipynb"
TAO = 10**9
# What the claims' experiments find.
VERDICTS = {
    **{11: "false"},  # lab 01
    **{20: "false"},
    **{5: "true", 22: "true"},
    **{23: "true"},
    **{17: "false", 18: "true"},
    **{7: "false", 8: "true", 9: "true", 10: "false", 19: "true", 21: "false"},
    **{1: "false", 2: "false", 3: "true", 4: "false", 6: "false"},
    **{12: "false", 13: "false", 14: "true", 15: "false", 16: "false"},
    **{24: "true", 25: "outdated", 26: "false"},  # of the report
}


# --- the page ---


def test_each_claim_has_one_cell_with_its_statement_behind_it():
    cells = [cell.source for cell in nbformat.read(PAGE, 4).cells if cell.cell_type == "code"]
    found = dict(re.fullmatch(r"verdict\((\d+)\)  # (.+)", cell).groups() for cell in cells if "verdict(" in cell)
    found = {int(number): said for number, said in found.items()}
    assert sorted(found) == sorted(registry.claims()) == list(range(1, 27))
    for number, said in found.items():
        assert said.startswith(registry.claims()[number].statement.removesuffix(".")), number


@pytest.mark.slow
def test_the_page_shows_each_verdict_twice_its_date_and_the_comparisons(executed):
    cells = {cell.id: cell for cell in executed(PAGE).notebook.cells if cell.cell_type == "code"}
    texts = {name: cell.outputs[-1].data["text/plain"] for name, cell in cells.items()}
    for number, claim in registry.claims().items():
        text = texts[f"claim-{number:02}"]
        (said,) = (name for name in SIGNS if f" {name.capitalize()}: " in text.splitlines()[0])
        line = next(line for line in texts["see-it"].splitlines() if line.strip().startswith(f"{number} "))
        assert said == VERDICTS[number], number
        assert SIGNS[said] in line
        assert f"As of: {claim.as_of}." in text
        assert len(text.splitlines()) >= 6  # title, reason, three numbers or more, date
    assert texts["company"].startswith("ℹ 2 of 7 hold")
    assert texts["ethereum"].startswith("ℹ 5 of 8 hold")
    assert "Assumed: 65 W" in texts["energy"]


def test_a_claim_that_is_not_there_is_named():
    with pytest.raises(UnknownIdError, match="claim is 99"):
        verdict(99)


# --- claims that real data decides ---


def test_the_dates_of_the_data_are_those_of_the_files():
    mainnet = load_mainnet()
    day = datetime.fromtimestamp(mainnet.timestamp_ms / 1000, UTC)
    assert f"block {mainnet.block:,} ({day:%Y-%m-%d}), spec {mainnet.spec}" in report.MAINNET
    assert all(claim.as_of for claim in registry.claims().values())
    assert registry.claims()[1].as_of == RULES


def test_with_fewer_subnets_or_another_amount_the_verdicts_would_differ(monkeypatch):
    real = load_mainnet()
    few = replace(real, subnets=real.subnets[:118])
    monkeypatch.setattr(report, "load_mainnet", lambda: few)
    assert report.more_than_118_active().verdict == "false"
    young = replace(real, total_issuance=9_391_000 * TAO)
    monkeypatch.setattr(report, "load_mainnet", lambda: young)
    assert report.circulation_of_july_2025().verdict == "true"
    monkeypatch.setattr(report, "load_mainnet", lambda: real)
    monkeypatch.setattr(report, "SAID_TAO", 9_000_000)
    assert report.circulation_of_july_2025().verdict == "false"


def test_the_rule_of_issuance_dates_the_report_s_amount_from_today_s():
    found = report.circulation_of_july_2025()
    assert found.verdict == "outdated"
    # a block issued one TAO until there were 10.5 million: 9.39 million were there 1,110,000 blocks before, 154.2 days
    assert "2025-07-14, 1,110,000 blocks before the halving" in found.numbers.values()
    # counted from the data: (11,597,618 - 10,500,000) * 2 blocks to the halving, and 1,110,000 more
    assert any(number.startswith("2025-07-06") for number in found.numbers.values())


def test_a_chain_with_a_word_for_vesting_would_give_another_verdict(monkeypatch):
    monkeypatch.setattr(report, "_sent_in_block_1", lambda: 1_000 * TAO)
    assert report.vesting_over_months().verdict == "false"
    monkeypatch.setattr(report, "VESTING_WORDS", {"balances", "locks"})
    assert report.vesting_over_months().verdict == "true"


# --- comparisons ---

STRANGERS = Strangers("Payment: no account", TAO, True, False, 0, 1_000 * TAO, True)
RECEIVED = tuple(
    Received("hot", "cold", role, rao)
    for role, rao in (("miner", 41), ("validator", 35), ("nominator", 3), ("owner", 18))
)
SEEN = Running(
    blocks=10,
    untampered=True,
    seats=7,
    owners=7,
    rows=2,
    epoch=AlphaFlow(1, 20, 100, RECEIVED, 3, 0, 0, 0),
    block=TaoFlow(TAO, MappingProxyType({1: TAO // 2}), MappingProxyType({1: TAO // 2}), MappingProxyType({}), 0),
    by_price=MappingProxyType({1: 0.6, 2: 0.4}),
    by_stake=MappingProxyType({1: 0.7, 2: 0.3}),
    paid=MappingProxyType({1: 0.6, 2: 0.4}),
    moved=0.01,
    prices=MappingProxyType({1: 1.0, 2: 2.0}),
    held=(3, 2, 1),
    identity="text",
    strangers=STRANGERS,
)
PLACES = Places(("Grandpa", "EVM"), 500, (), ())
NO_MINERS = AlphaFlow(1, 20, 100, (Received("hot", "cold", "owner", 100),), 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("rows", "about", "seen", "at", "holds"),
    [
        ("COMPANY", "data collection", {}, {}, comparisons.UNKNOWN),
        ("COMPANY", "data collection", {}, {"data": ("DataSet",)}, comparisons.PART),
        ("COMPANY", "computing", {"strangers": replace(STRANGERS, seated=False)}, {}, comparisons.NOT),
        ("COMPANY", "model operation", {}, {}, comparisons.NOT),
        ("COMPANY", "model operation", {}, {"models": ("Model",)}, comparisons.PART),
        ("COMPANY", "reward", {}, {}, comparisons.HOLDS),
        ("COMPANY", "reward", {"epoch": NO_MINERS}, {}, comparisons.NOT),
        ("COMPANY", "transparency", {}, {}, comparisons.PART),
        ("COMPANY", "transparency", {}, {"models": ("Model",)}, comparisons.HOLDS),
        ("COMPANY", "transparency", {"untampered": False}, {}, comparisons.NOT),
        ("COMPANY", "access", {}, {}, comparisons.HOLDS),
        ("COMPANY", "access", {"strangers": replace(STRANGERS, penniless="")}, {}, comparisons.PART),
        ("COMPANY", "access", {"strangers": replace(STRANGERS, seated=False)}, {}, comparisons.NOT),
        ("COMPANY", "ownership", {}, {}, comparisons.PART),
        ("ETHEREUM", "base chain", {}, {}, comparisons.HOLDS),
        ("ETHEREUM", "base chain", {}, {"pallets": ("ParachainSystem",)}, comparisons.NOT),
        ("ETHEREUM", "native token", {}, {}, comparisons.HOLDS),
        ("ETHEREUM", "native token", {"strangers": replace(STRANGERS, penniless="")}, {}, comparisons.PART),
        ("ETHEREUM", "who receives a block's reward", {}, {}, comparisons.PART),
        ("ETHEREUM", "who receives a block's reward", {"by_stake": {1: 0.6, 2: 0.4}}, {}, comparisons.HOLDS),
        ("ETHEREUM", "participation", {}, {}, comparisons.HOLDS),
        ("ETHEREUM", "participation", {"strangers": replace(STRANGERS, idle_pay=5)}, {}, comparisons.PART),
        ("ETHEREUM", "participation", {"epoch": NO_MINERS}, {}, comparisons.PART),
        ("ETHEREUM", "reward basis", {}, {}, comparisons.PART),
        ("ETHEREUM", "other tokens", {}, {}, comparisons.HOLDS),
        ("ETHEREUM", "other tokens", {"prices": {1: 1.0, 2: 1.0}}, {}, comparisons.PART),
        ("ETHEREUM", "who deploys", {"strangers": replace(STRANGERS, created=False)}, {}, comparisons.NOT),
        ("ETHEREUM", "uses", {}, {}, comparisons.UNKNOWN),
    ],
)
def test_whether_a_statement_holds_follows_from_what_was_measured(rows, about, seen, at, holds):
    (row,) = (row for row in getattr(comparisons, rows) if row.about == about)
    said, found = row.measure(replace(SEEN, **seen), replace(PLACES, **at))
    assert found == holds
    assert re.search(r"\d|“", said)


def test_the_comparisons_have_seven_rows_and_eight():
    assert (len(comparisons.COMPANY), len(comparisons.ETHEREUM)) == (7, 8)


# --- motives ---


def test_energy_follows_from_its_assumptions(monkeypatch):
    monkeypatch.setattr(motives, "hashes_per_second", lambda: 1_000_000.0)
    text = repr(motives.energy(watts=36, tokens_per_second=64))
    least = next(line for line in text.splitlines() if "mainnet's least difficulty" in line)
    # ten million hashes: 10 s at 36 W are 0.1 Wh, in which 64 tokens a second are 5 answers of 128
    assert least.split()[-5:] == ["10,000,000", "10.0", "seconds", "0.100", "5.00"]
    assert "an answer costs 72 J" in text


@pytest.mark.parametrize("wrong", [{"watts": 0}, {"tokens_per_second": -1}, {"watts": float("nan")}])
def test_an_assumption_that_is_no_positive_number_is_named(wrong):
    with pytest.raises(LabError, match=f"{next(iter(wrong))} is .*; allowed: a number above 0"):
        motives.energy(**wrong)


def test_pay_is_shared_by_many_and_a_few_have_half():
    text = repr(motives.spread())
    assert "30 miners of one subnet and 93 subnets are paid" in text
    assert [largest(parts) for parts in ([1], [1, 1], [5, 1, 1], [2, 2, 2, 2])] == [1, 2, 1, 3]
