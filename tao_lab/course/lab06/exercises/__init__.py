"""The six exercises of lab 06: from the weighted median to a whole epoch; one file each."""

from tao_lab.course.lab06.exercises import bonds, clipping, dividends, epoch, incentive, median

EXERCISES = (
    median.EXERCISE,
    clipping.EXERCISE,
    incentive.EXERCISE,
    bonds.EXERCISE,
    dividends.EXERCISE,
    epoch.EXERCISE,
)
