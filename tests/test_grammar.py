"""jsonschema loads without its slow grammar, and nobody else is kept from it."""

import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("first", ["jsonschema", "altair", "nbformat"])
def test_the_grammar_of_international_addresses_is_left_out(first):
    code = f"import sys, tao_lab, {first}, jsonschema; print('rfc3987_syntax' in sys.modules, jsonschema.__name__)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False jsonschema\n"


@pytest.mark.slow
def test_a_program_that_wants_the_grammar_finds_it():
    pytest.importorskip("rfc3987_syntax")
    code = (
        "import tao_lab, jsonschema, rfc3987_syntax; print(rfc3987_syntax.is_valid_syntax('iri', 'http://ä.example/'))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "True\n"
