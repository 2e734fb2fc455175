"""The six exercises of lab 09: five attacks with their numbers, and a defence; one file each."""

from tao_lab.course.lab09.exercises import cartels, copying, defences, limits, sandwiches, sybils

EXERCISES = (
    cartels.EXERCISE,
    copying.EXERCISE,
    sybils.EXERCISE,
    sandwiches.EXERCISE,
    limits.EXERCISE,
    defences.EXERCISE,
)
