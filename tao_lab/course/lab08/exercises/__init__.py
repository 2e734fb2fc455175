"""The six exercises of lab 08: from the output of a swap to what a large sale loses; one file each."""

from tao_lab.course.lab08.exercises import emission, fees, limits, outputs, prices, sales

EXERCISES = (
    outputs.EXERCISE,
    prices.EXERCISE,
    fees.EXERCISE,
    limits.EXERCISE,
    emission.EXERCISE,
    sales.EXERCISE,
)
