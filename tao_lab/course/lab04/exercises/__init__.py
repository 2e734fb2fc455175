"""The five exercises of lab 04: from a block of weights in four bits to a reply that is paid; one file each."""

from tao_lab.course.lab04.exercises import admission, block, code, size, task

EXERCISES = (
    block.EXERCISE,
    size.EXERCISE,
    task.EXERCISE,
    admission.EXERCISE,
    code.EXERCISE,
)
