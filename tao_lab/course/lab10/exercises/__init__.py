"""The five exercises of lab 10: a task, a form, a score, what it costs to be sure, and what a score is paid."""

from tao_lab.course.lab10.exercises import cost, form, pay, score, tasks

EXERCISES = (tasks.EXERCISE, form.EXERCISE, score.EXERCISE, cost.EXERCISE, pay.EXERCISE)
