"""The student's own folder: notebooks made from the shipped ones, and updated without losing the student's text."""

from tao_lab.work.folder import Outcome, State, WorkFolder

__all__ = ["Outcome", "State", "WorkFolder"]
