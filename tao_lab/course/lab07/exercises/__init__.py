"""The six exercises of lab 07: from the emission of one block to where every rao of it went; one file each."""

from tao_lab.course.lab07.exercises import accounts, dates, gate, halvings, nominators, splitting

EXERCISES = (
    halvings.EXERCISE,
    dates.EXERCISE,
    splitting.EXERCISE,
    nominators.EXERCISE,
    accounts.EXERCISE,
    gate.EXERCISE,
)
