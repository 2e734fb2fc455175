"""The six exercises of lab 05: from an answer to a revealed row of weights; one file each."""

from tao_lab.course.lab05.exercises import limits, memory, quantizing, revealing, scoring, sealing

EXERCISES = (
    scoring.EXERCISE,
    memory.EXERCISE,
    quantizing.EXERCISE,
    limits.EXERCISE,
    sealing.EXERCISE,
    revealing.EXERCISE,
)
