"""The students of a class, and the faucet's grants: plain data, stored as JSON beside the chain."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tao_lab.node.faucet import FaucetRefuses
from tao_lab.units import RAO_PER_TAO

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without letters that look alike on a projector
CODE_LENGTH = 8
LONGEST_NAME = 40  # characters of a student's name
MOST_STUDENTS = 250
MOST_GRANTS = 8  # waiting grants of one student
GRANT_TAO = 100  # what a student gets at once
LIMIT_TAO = 2_000  # maximum for a student: enough to create a subnet
BUDGET_TAO = 200_000  # maximum for the whole class


class NotGranted(FaucetRefuses):
    """The class refuses; the message tells the student what to do."""


def new_code() -> str:
    """A new code for joining: a few letters that are easy to read aloud."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


@dataclass(frozen=True)
class Student:
    """One place in the class.

    Attributes:
        name: the name that the student chose.
        address: SS58 address of their coldkey.
        granted: rao that the faucet gave.
        joined_at: height at which they first joined.
    """

    name: str
    address: str
    granted: int = 0
    joined_at: int = 0


@dataclass(frozen=True)
class Grant:
    """TAO that the faucet has promised, but that is not in a block yet."""

    address: str
    rao: int


@dataclass(frozen=True)
class Terms:
    """The instructor's settings.

    Attributes:
        title: of the class.
        code: code for joining.
        grant: rao for each student who joins.
        limit: maximum rao for one student.
        budget: maximum rao for all students.
        block_seconds: between two blocks.
    """

    title: str = "TAO Lab"
    code: str = field(default_factory=new_code)
    grant: int = GRANT_TAO * RAO_PER_TAO
    limit: int = LIMIT_TAO * RAO_PER_TAO
    budget: int = BUDGET_TAO * RAO_PER_TAO
    block_seconds: float = 2.0


@dataclass(frozen=True)
class Roster:
    """The data of a class. Every change makes a new `Roster`.

    Attributes:
        terms: the instructor's settings.
        students: in the order in which they joined.
        pending: grants that are not in a block yet, by the hash of their extrinsic in hex.
        paused: whether the class is paused.
    """

    terms: Terms = field(default_factory=Terms)
    students: tuple[Student, ...] = ()
    pending: Mapping[str, Grant] = field(default_factory=dict)
    paused: bool = False

    @property
    def granted(self) -> int:
        """Rao that the faucet gave to all."""
        return sum(student.granted for student in self.students)

    def by_name(self, name: str) -> Student | None:
        """The student of this name; capital letters don't matter."""
        return next((one for one in self.students if one.name.casefold() == name.casefold()), None)

    def by_address(self, address: str) -> Student | None:
        """The student with this coldkey."""
        return next((one for one in self.students if one.address == address), None)

    def joined(self, name: str, address: str, height: int) -> Roster:
        """A roster with one more student; nothing changes for a student who has already joined.

        Raises:
            NotGranted: The name is invalid or belongs to somebody else, or the class is full.
        """
        known = self.by_address(address)
        if known is not None and known.name.casefold() == name.casefold():
            return self
        if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable() or name != name.strip():
            raise NotGranted(f"a name has 1 to {LONGEST_NAME} printable characters, without blanks around it")
        if known is not None:
            raise NotGranted(f"this wallet has joined as {known.name!r} already; join by that name")
        if self.by_name(name) is not None:
            raise NotGranted(
                f"{name!r} has joined already, with another wallet; take another name, or ask the instructor to free it"
            )
        if len(self.students) >= MOST_STUDENTS:
            raise NotGranted(f"the class is full: it has {MOST_STUDENTS} students; the instructor can free a name")
        return replace(self, students=(*self.students, Student(name, address, 0, height)))

    def freed(self, name: str) -> Roster:
        """A roster without a student; the account stays on the chain.

        Raises:
            NotGranted: Nobody has this name.
        """
        student = self.by_name(name)
        if student is None:
            raise NotGranted(f"nobody is called {name!r}")
        return replace(self, students=tuple(one for one in self.students if one != student))

    def giving(self, address: str, rao: int, extrinsic: str) -> Roster:
        """A roster with one more waiting grant.

        Raises:
            NotGranted: The student's limit or the class's budget would be passed, or this is not a student's account.
        """
        self.check_grant(address, rao)
        students = tuple(
            replace(one, granted=one.granted + rao) if one.address == address else one for one in self.students
        )
        return replace(self, students=students, pending={**self.pending, extrinsic: Grant(address, rao)})

    def check_grant(self, address: str, rao: int) -> None:
        """Check that the faucet may give this amount.

        Raises:
            NotGranted: It may not.
        """
        student = self.by_address(address)
        if student is None:
            raise NotGranted("the faucet gives to students of this class only; send TAO on from your own wallet")
        if sum(grant.address == address for grant in self.pending.values()) >= MOST_GRANTS:
            raise NotGranted(f"{MOST_GRANTS} grants of yours wait for a block already; ask again after it")
        if student.granted + rao > self.terms.limit:
            left = (self.terms.limit - student.granted) / RAO_PER_TAO
            raise NotGranted(
                f"a student of this class gets {self.terms.limit / RAO_PER_TAO:,g} τ from the faucet; "
                f"{left:,g} τ of yours are left, and this needs {rao / RAO_PER_TAO:,g} τ"
            )
        if self.granted + rao > self.terms.budget:
            raise NotGranted("the class's faucet is empty; the instructor can raise its budget")

    def settled(self, extrinsics: set[str]) -> Roster:
        """A roster without the grants that are now in a block."""
        left = {name: grant for name, grant in self.pending.items() if name not in extrinsics}
        return self if len(left) == len(self.pending) else replace(self, pending=left)

    def to_json(self) -> str:
        """The roster as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Roster:
        """The roster from its JSON."""
        found: dict[str, Any] = json.loads(text)
        return cls(
            Terms(**found["terms"]),
            tuple(Student(**each) for each in found["students"]),
            {name: Grant(**each) for name, each in found["pending"].items()},
            found["paused"],
        )
