"""The page of keys: the way from words to an address is the SDK's, and what is said of a slip is what follows."""

import pytest
from bittensor_core import Keypair

from tao_lab.keys import WORDS, read_mnemonic
from tao_lab.views.boards import wallet
from tao_lab.views.boards.wallet import MESSAGE, PHRASE, Slip, different_bits, way, with_letter, with_slip


@pytest.mark.parametrize("phrase", [PHRASE, with_slip(PHRASE, 3, True), with_slip(PHRASE, 12, True)])
def test_each_step_of_the_way_is_the_sdks(phrase):
    keypair = Keypair.create_from_uri(phrase)
    found = way(phrase)
    assert found.entropy == read_mnemonic(phrase).entropy
    assert found.public == bytes(keypair.public_key)
    assert found.address == keypair.ss58_address


def test_the_phrase_of_the_manuals_leads_to_the_known_address():
    # The address of this phrase in Substrate's own documentation of `subkey`.
    assert way(PHRASE).address == "5DfhGyQdFobKM8NsWvEeAKk5EQQgYe9AydgJ7rMB6E1EqRzV"


@pytest.mark.parametrize("place", range(1, 13))
def test_a_slip_takes_the_next_word_or_the_next_that_fits(place):
    before = PHRASE.split()[place - 1]
    for fits in (False, True):
        words = with_slip(PHRASE, place, fits).split()
        assert [i for i, word in enumerate(words) if word != PHRASE.split()[i]] == [place - 1]
        steps = (WORDS.index(words[place - 1]) - WORDS.index(before)) % len(WORDS)
        assert steps >= 1
        assert fits or steps == 1
    assert way(with_slip(PHRASE, place, True)).valid


def test_no_slip_changes_nothing():
    assert with_slip(PHRASE, 0, True) == PHRASE
    assert with_letter(MESSAGE, 0) == MESSAGE
    assert way(PHRASE).valid


def test_a_wrong_checksum_leads_nowhere_and_is_said():
    slip = Slip.of(3, 0, False)
    assert slip.bits is None
    assert slip.words == ("obey", "object")
    assert "the checksum is wrong" in wallet.sentence(slip)
    assert [cell.text for cell in wallet.way_cells(slip) if cell.look == "bad"][1] == "✗ wrong checksum"
    assert set(wallet.bits_table(slip)["bit"]) == {"no key"}


def test_a_slip_that_fits_is_somebody_elses_wallet_and_about_half_of_the_bits_differ():
    slip = Slip.of(3, 0, True)
    differ = sum(slip.bits)
    assert differ == sum(
        bin(a ^ b).count("1") for a, b in zip(way(PHRASE).public, way(with_slip(PHRASE, 3, True)).public, strict=True)
    )
    assert 90 < differ < 166
    assert f"{differ} of 256 bits" in wallet.sentence(slip)
    assert wallet.bits_table(slip)["bit"].count("differs") == differ


@pytest.mark.parametrize("letter", range(len(MESSAGE) + 1))
def test_a_signature_fits_the_message_that_was_signed_and_no_other(letter):
    slip = Slip.of(0, letter, False)
    assert slip.signed.valid == (letter == 0)
    assert ("no longer fits" in wallet.sentence(slip)) == (letter > 0)
    looks = {cell.row: cell.look for cell in wallet.proof_cells(slip) if cell.column == 1}
    assert looks["as it arrives"] == ("bad" if letter else "good")


def test_another_key_cannot_have_signed():
    assert Slip.of(3, 0, True).signed.other is False
    assert Slip.of(3, 0, False).signed.other is None


def test_bits_are_compared_from_the_left():
    assert different_bits(b"\x80\x01", b"\x00\x00") == [True, *[False] * 14, True]
    with pytest.raises(ValueError, match="equally many"):
        different_bits(b"a", b"ab")
