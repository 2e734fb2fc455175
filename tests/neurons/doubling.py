"""A kind of work for tests: double a number. Good for `--kind tests/neurons/doubling.py`."""

from collections.abc import Mapping, Sequence

from tao_lab.neurons.work import Answer, Forward, Round, Score, Task


class Doubling:
    """Twice a number scores 1, anything else less the further it is off."""

    kind = "doubling"
    title = "doubling a number"
    answer_schema: Mapping[str, object] = {"type": "integer"}
    weakness = "none"
    exploit = "none"
    source = "made by the test"

    def make_round(self, seed: int) -> Round:
        number = seed % 1_000
        return Round(Task(f"d{seed}", self.kind, {"number": number}, seconds=30), {"double": 2 * number})

    def score(self, asked: Round, answers: Sequence[Answer]) -> list[Score]:
        return [self._one(asked.secret["double"], answer) for answer in answers]

    def _one(self, double: int, answer: Answer) -> Score:
        if answer.problem:
            return Score(0.0, answer.problem)
        if not isinstance(answer.content, int):
            return Score(0.0, "not a whole number")
        off = abs(answer.content - double)
        return Score(1 / (1 + off), "right" if off == 0 else f"{off} off")

    def miners(self) -> Mapping[str, Forward]:
        return {
            "honest": lambda task: 2 * task.content["number"],
            "careless": lambda task: 2 * task.content["number"] + 1,
            "lazy": lambda task: 7,
        }


subnet = Doubling()
