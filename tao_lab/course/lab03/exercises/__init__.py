"""The five exercises of lab 03: from the price of a subnet to a hash puzzle; one file each."""

from tao_lab.course.lab03.exercises import lock, metagraph, price, seats, work

EXERCISES = (
    lock.EXERCISE,
    price.EXERCISE,
    seats.EXERCISE,
    metagraph.EXERCISE,
    work.EXERCISE,
)
