"""Lab 01: what a thief can do is found out on a running chain, and the claim's verdict is computed."""

import pytest

from tao_lab.course import claim
from tao_lab.course.checking import judge
from tao_lab.course.lab01 import claims, theft
from tao_lab.course.lab01.exercises import rewrite_address as address_reference
from tao_lab.course.lab01.questions import accepted_typos, share_of_valid_phrases
from tao_lab.course.registry import exercises


def test_each_of_the_six_calls_works_with_exactly_one_of_the_two_keys():
    by_hotkey, by_coldkey = theft.attempts("hotkey"), theft.attempts("coldkey")
    assert len(by_hotkey) == 6
    for name, attempt in by_hotkey.items():
        assert attempt.works != by_coldkey[name].works, name


def test_a_hotkey_sets_weights_and_says_where_it_answers_and_nothing_more():
    assert {name for name, attempt in theft.attempts().items() if attempt.works} == {"set_weights", "serve_axon"}
    assert "FundsUnavailable" in theft.attempts()["transfer_keep_alive"].said
    assert "NonAssociatedColdKey" in theft.attempts()["swap_hotkey"].said


def test_what_happened_marks_what_was_expected_otherwise():
    shown = repr(theft.what_happened(lambda call: call == "set_weights"))
    assert "5 of 6 as expected" in shown
    assert ">refused<" in shown
    assert "As expected" in repr(theft.what_happened(lambda call: call in ("set_weights", "serve_axon")))


def test_two_wrong_letters_get_the_hints_of_both_and_what_is_right_is_not_given_away():
    believed = {"set_weights", "serve_axon", "remove_stake", "increase_take"}
    result = judge(exercises()["01.4"], lambda call: call in believed)
    assert "ask to whom it belongs" in result.hint
    assert "is that daily work" in result.hint
    assert "the chain did it" not in repr(result)
    assert "the chain says" not in repr(result)


def test_three_wrong_letters_still_get_a_hint():
    result = judge(exercises()["01.4"], lambda call: call in ("remove_stake", "increase_take", "serve_axon"))
    assert result.state == "wrong"
    assert "More than two of the six" in repr(result)


@pytest.mark.parametrize("said_of_the_key", [b"", bytes(32), None])
def test_an_address_with_an_error_is_not_rewritten_and_no_key_is_wanted_of_it(said_of_the_key):
    def careful(address, ss58_format):
        public_key, valid, rewritten = address_reference(address, ss58_format)
        return public_key if valid else said_of_the_key, valid, rewritten

    def hasty(address, ss58_format):
        public_key, valid, rewritten = address_reference(address, ss58_format)
        return public_key, valid, rewritten or "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM"

    assert judge(exercises()["01.2"], careful).state == "right"
    assert judge(exercises()["01.2"], hasty).state == "wrong"


def test_the_claim_about_mnemonics_is_false_and_says_which_lengths_there_are():
    result = claim(11)
    assert result.evidence.verdict == "false"
    assert result.evidence.numbers["lengths of a mnemonic"] == "12, 15, 18, 21, 24"


def test_with_one_phrase_for_both_keys_the_claim_would_hold(monkeypatch):
    class OneKey(claims.bt.Wallet):
        def create_new_hotkey(self, on_mnemonic, **_):
            on_mnemonic("the same")
            self._set_hotkey(self.coldkey, False, False, False, None)
            self._set_hotkeypub(self.coldkey, False)

    made = claims.Keypair.create_from_mnemonic
    phrases = []

    class Keys:
        @staticmethod
        def create_from_mnemonic(phrase):
            phrases.append(phrase)
            return made(phrases[0])

    monkeypatch.setattr(claims.bt, "Wallet", OneKey)
    monkeypatch.setattr(claims, "Keypair", Keys)
    monkeypatch.setattr(claims, "mnemonic_lengths", lambda: list(range(12, 25)))
    assert claims.twelve_to_twenty_four_words().verdict == "true"


@pytest.mark.slow
def test_twelve_words_are_a_mnemonic_one_time_in_sixteen():
    assert share_of_valid_phrases(12) == pytest.approx(1 / 16, rel=0.2)


def test_no_typing_error_in_two_thousand_is_accepted():
    assert accepted_typos() == 0
