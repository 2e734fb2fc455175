"""The two exercises of lab 00: who is who, and what a miner was paid; one file each."""

from tao_lab.course.lab00.exercises import reading, who

EXERCISES = (who.EXERCISE, reading.EXERCISE)
