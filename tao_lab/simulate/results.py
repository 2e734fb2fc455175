"""What a run returns: two tables, in exact rao, and what the chain refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tao_lab.simulate.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

EPOCHS = (
    "epoch", "block", "uid", "group", "role", "kind", "member", "stake", "incentive", "dividends", "consensus",
    "vtrust", "emission", "permit",
)  # fmt: skip
TOTALS = ("group", "role", "kind", "count", "stake", "earned", "share", "cost", "tao", "profit", "seats")
SUMMED = ("stake", "earned", "cost", "tao", "profit", "seats")
TRADES = ("epoch", "block", "group", "member", "side", "tao", "alpha", "fee")
REFUSED = ("epoch", "group", "member", "call", "error", "sentence")


@dataclass(frozen=True, eq=False)
class Run:
    """A scenario that has been run.

    Attributes:
        scenario: What was run.
        epochs: A row for each epoch and UID. `stake` is what counts in the consensus, rao; `incentive`, `dividends`,
            `consensus`, `vtrust` are u16 of 65,535; `emission` is rao of alpha that the epoch gave, before takes and
            burns.
        totals: A row for each group, all its members together. `stake`: rao of alpha when the counting began; `earned`:
            rao of alpha that were added; `share`: of all that was earned; `cost`: rao of TAO paid to begin, for seats
            and fees, not for stake; `tao`: rao of free TAO that were added; `profit`: rao of TAO: `tao` less `cost`,
            and what was earned at the last price; `seats`: UIDs that it holds at the end.
        trades: What the traders bought and sold, in the order of the chain: `tao` rao that went in (`buy`) or came out
            (`sell`), `alpha` rao on the other side, `fee` rao of what was paid in, which stays outside the pool.
        refused: Calls that the chain refused, with its own name of the error.
    """

    scenario: Scenario
    epochs: pd.DataFrame
    totals: pd.DataFrame
    trades: pd.DataFrame
    refused: pd.DataFrame

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        names: list[str],
        rows: list[dict[str, Any]],
        members: list[dict[str, Any]],
        trades: list[dict[str, Any]],
        refused: list[dict[str, Any]],
    ) -> Run:
        """Make the tables; groups come in the order of the scenario, an owner that it does not name comes last."""
        import pandas as pd  # slow to load

        extra = [each["group"] for each in members if each["group"] not in names]
        paid = sum(each["earned"] for each in members)
        totals = []
        for name in (*names, *dict.fromkeys(extra)):
            group = [each for each in members if each["group"] == name]
            sums = {column: sum(each[column] for each in group) for column in SUMMED}
            first = {column: group[0][column] for column in ("group", "role", "kind")}
            totals.append({**first, "count": len(group), **sums, "share": sums["earned"] / paid if paid else 0.0})
        return cls(
            scenario,
            pd.DataFrame(rows, columns=list(EPOCHS)),
            pd.DataFrame(totals, columns=list(TOTALS)),
            pd.DataFrame(trades, columns=list(TRADES)),
            pd.DataFrame(refused, columns=list(REFUSED)),
        )

    def __repr__(self) -> str:
        return f"Run of {self.scenario.name}, seed {self.scenario.seed}\n{self.totals.to_string(index=False)}"
