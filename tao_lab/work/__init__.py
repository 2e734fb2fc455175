"""The student's own folder: notebooks made from the shipped ones, and brought up to date without losing a word."""

from tao_lab.work.folder import Outcome, State, WorkFolder

__all__ = ["Outcome", "State", "WorkFolder"]
