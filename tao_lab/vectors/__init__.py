"""Test vectors: exact inputs and outputs of the chain's rules, in one open format.

A vector file is JSON: `{"format": "tao-lab/vectors/1", "kind": ..., "vectors": [{"name", "source", "input",
"expected"}]}`. Each kind has a JSON Schema here (`<kind>.schema.json`), the library's rule, and a name for a student's
own function.
"""

from tao_lab.vectors.compare import AnswerError, plain_answer
from tao_lab.vectors.files import VectorFile, VectorFileError, load
from tao_lab.vectors.kinds import KINDS, Kind
from tao_lab.vectors.runner import Failure, Report, verify

__all__ = [
    "KINDS",
    "AnswerError",
    "Failure",
    "Kind",
    "Report",
    "VectorFile",
    "VectorFileError",
    "load",
    "plain_answer",
    "verify",
]
