"""The result of a run: tables in exact rao, and the calls that the chain refused."""

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
        scenario: The scenario that was run.
        epochs: A row for each epoch and UID. `stake` is the stake that counts in consensus, rao; `incentive`,
            `dividends`, `consensus`, `vtrust` are u16 of 65,535; `emission` is the rao of alpha that the epoch paid,
            before takes and burns.
        totals: A row for each group, all its members together. `stake`: rao of alpha at the start; `earned`: rao of
            alpha added since then; `share`: share of everything that was earned; `cost`: rao of TAO paid at the start
            for seats and fees, without stake; `tao`: rao of free TAO added; `profit`: rao of TAO: `tao` minus `cost`,
            plus `earned` at the last price; `seats`: UIDs that it has at the end.
        trades: The traders' purchases and sales, in the order of the chain: `tao` rao paid in (`buy`) or received
            (`sell`), `alpha` rao on the other side, `fee` rao of the amount paid in, which does not enter the pool.
        refused: Calls that the chain refused, with the chain's name of the error.
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
        """Make the tables; groups are in the order of the scenario, an owner that it does not name is last."""
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
