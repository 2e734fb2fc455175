"""Grading what students hand in: answers from tagged cells, each in a box, compared outside of it.

Read in this order: `submissions` (whose notebook), `notebooks` (which cells), `boxed` and `inside` (the answer in its
box), `values` (what crosses, and what stays outside), `grade` (marks and records), `report` (tables and pages).
"""

from tao_lab.grading.run import Run, grade_folder

__all__ = ["Run", "grade_folder"]
