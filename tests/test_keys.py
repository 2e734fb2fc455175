"""Mnemonics and addresses as a wallet reads them, held against the SDK's own keys and the public vectors."""

import importlib.util
import subprocess
import sys

import pytest
from bittensor_core import Keypair, ss58_encode
from hypothesis import given
from hypothesis import strategies as st

from tao_lab import vectors
from tao_lab.keys import MNEMONIC_WORDS, WORDS, read_address, read_mnemonic, write_mnemonic
from tao_lab.paths import DATASETS, ROOT

KEY_FILES = ("mnemonic", "ss58")
keys = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize("kind", KEY_FILES)
def test_the_vectors_pass_and_are_what_the_script_makes(kind, tmp_path):
    file = DATASETS / "vectors" / f"{kind}.json"
    assert vectors.verify(vectors.load(file)).failures == ()
    spec = importlib.util.spec_from_file_location("script", ROOT / "scripts" / "make_key_vectors.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.main(tmp_path)
    assert (tmp_path / file.name).read_text() == file.read_text()


@given(st.sampled_from(MNEMONIC_WORDS).flatmap(lambda n: st.binary(min_size=n * 4 // 3, max_size=n * 4 // 3)))
def test_a_phrase_gives_back_its_entropy_and_is_one_to_the_sdk(entropy):
    phrase = write_mnemonic(entropy)
    parts = read_mnemonic(phrase)
    assert parts.entropy == entropy
    assert parts.entropy_bits == len(entropy) * 8
    assert parts.checksum_bits == len(entropy) // 4
    assert Keypair.create_from_mnemonic(phrase).ss58_address


@given(st.lists(st.sampled_from(WORDS), min_size=12, max_size=12))
def test_any_twelve_words_are_valid_where_the_sdk_says_so(words):
    try:
        Keypair.create_from_mnemonic(" ".join(words))
    except ValueError:
        assert not read_mnemonic(" ".join(words)).valid
    else:
        assert read_mnemonic(" ".join(words)).valid


@given(keys, st.sampled_from([0, 2, 42, 63, 255]))
def test_an_address_gives_back_its_key_and_its_network(key, number):
    address = read_address(ss58_encode(key, number))
    assert (address.valid, address.ss58_format, address.public_key) == (True, number, key)


@given(keys, st.integers(1, 46), st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"))
def test_an_address_with_one_other_letter_is_refused(key, place, letter):
    address = ss58_encode(key, 42)
    changed = address[:place] + letter + address[place + 1 :]
    assert read_address(changed).valid == (changed == address)


STUDENT = """
from tao_lab.keys import read_mnemonic

def mnemonic(phrase):
    parts = read_mnemonic(phrase)
    return parts.entropy_bits, parts.checksum_bits, parts.entropy

def ss58(address):
    return None
"""


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "said"), [("mnemonic", "35 passed, 0 failed"), ("ss58", "9 passed, 10 failed")])
def test_a_students_file_runs_against_them(kind, said, tmp_path):
    rules = tmp_path / "student.py"
    rules.write_text(STUDENT)
    file = DATASETS / "vectors" / f"{kind}.json"
    command = [sys.executable, "-m", "tao_lab.cli", "verify", str(file), "--rules", str(rules)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == said
    assert done.returncode == (1 if kind == "ss58" else 0)
