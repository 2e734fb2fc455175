"""Pictures of blocks say in words what they show in colours."""

import pytest

from tao_lab.course.lab02 import tampering
from tao_lab.views import chain_drawing, key_tree, merkle_drawing, wallet_drawing
from tao_lab.views.blocks import hash_text

PHRASE = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"


def looks(drawing, look):
    return [part.lines[0] for part in drawing.parts if getattr(part, "look", "") == look and hasattr(part, "lines")]


def test_a_block_that_a_wrong_verifier_names_is_not_called_changed():
    drawing = chain_drawing(tampering.honest_chain(), tampered=3)
    assert "its extrinsics match its header" in drawing.title
    assert "is not among these" in chain_drawing(tampering.honest_chain(), tampered=99).title


def test_the_tampered_block_is_marked_in_words_too():
    drawing = chain_drawing(tampering.honest_chain(), tampered=3)
    assert looks(drawing, "bad") == ["block 3 · CHANGED"]
    assert "Block 3" in drawing.title
    assert "Block 3 is marked" in drawing.alt
    assert looks(chain_drawing(tampering.honest_chain()), "bad") == []


@pytest.mark.parametrize(("size", "index", "sent"), [(1, 0, 0), (2, 1, 1), (7, 4, 3), (7, 6, 2), (8, 0, 3)])
def test_a_merkle_picture_marks_the_way_up_and_what_is_sent_along(size, index, sent):
    drawing = merkle_drawing([bytes([i]) for i in range(size)], index)
    assert len(looks(drawing, "given")) == sent
    assert looks(drawing, "good")[-1] == "root"
    assert f"{sent} hashes prove" in drawing.title


@pytest.mark.parametrize("size", [0, 9])
def test_a_tree_that_does_not_fit_the_page_is_refused(size):
    with pytest.raises(ValueError, match="allowed: 1 to 8"):
        merkle_drawing([b"x"] * size, 0)


def test_a_tree_of_keys_shows_addresses_and_no_secret():
    drawing = key_tree(PHRASE, "//Alice", "//Alice//stash")
    assert "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY" in drawing.alt
    assert "obey" not in drawing.svg()
    with pytest.raises(ValueError, match="allowed: 12 to 24 words"):
        key_tree("one two three")


def test_a_wallets_picture_says_how_each_key_is_kept(tmp_path):
    import bittensor as bt

    wallet = bt.Wallet("alice", path=str(tmp_path))
    wallet.create_new_coldkey(use_password=False, suppress=True)
    wallet.create_new_hotkey(suppress=True)
    drawing = wallet_drawing(wallet)
    assert wallet.coldkeypub.ss58_address in drawing.alt
    assert "in clear text in alice/hotkeys/default" in drawing.alt


def test_a_hash_is_cut_and_says_so():
    assert hash_text(bytes(32)) == "0x000000…"
