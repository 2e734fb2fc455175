"""The five exercises of lab 01, one file each; `rewrite_address` and `hotkey_can` are the library's own answers."""

from tao_lab.course.lab01.exercises import address, keyfile, mnemonic, signature, thief
from tao_lab.course.lab01.exercises.address import reference as rewrite_address
from tao_lab.course.lab01.exercises.thief import reference as hotkey_can

__all__ = ["EXERCISES", "hotkey_can", "rewrite_address"]

EXERCISES = (
    mnemonic.EXERCISE,
    address.EXERCISE,
    signature.EXERCISE,
    thief.EXERCISE,
    keyfile.EXERCISE,
)
