"""Grading: answers come from tagged cells, each runs in its own sandbox, and results are compared outside.

Read in this order: `submissions` (whose notebook), `notebooks` (which cells), `boxed` and `inside` (the answer in its
sandbox, called box in the code), `values` (what goes into the box, and what stays outside), `grade` (marks and
records), `report` (tables and pages).
"""

from tao_lab.grading.run import Run, grade_folder

__all__ = ["Run", "grade_folder"]
