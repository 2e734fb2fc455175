"""The six exercises of lab 02, one file each; the functions are the library's own answers, for the notebook."""

from tao_lab.chain.extrinsic import compact
from tao_lab.course.lab02.exercises import (
    compact_integer,
    header,
    inclusion,
    place,
    replay,
    tampered,
)
from tao_lab.course.lab02.exercises.inclusion import reference as proof_root
from tao_lab.course.lab02.exercises.place import reference as storage_key
from tao_lab.course.lab02.exercises.replay import reference as refusal
from tao_lab.course.lab02.tampering import first_tampered

__all__ = ["EXERCISES", "compact", "first_tampered", "proof_root", "refusal", "storage_key"]

EXERCISES = (
    compact_integer.EXERCISE,
    place.EXERCISE,
    header.EXERCISE,
    tampered.EXERCISE,
    inclusion.EXERCISE,
    replay.EXERCISE,
)
