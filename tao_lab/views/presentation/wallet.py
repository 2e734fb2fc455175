"""Who are you on this network? From words to a key to an address, and a signature.

The phrase is public; keys, checksums and signatures are computed by the SDK and by `tao_lab.keys`.
"""

from __future__ import annotations

import altair as alt

from tao_lab.views.boards import wallet
from tao_lab.views.boards.cells import cells_spec, cells_table, said, unbroken
from tao_lab.views.panel import Chart, Choice, Picture, Settings, Slider
from tao_lab.views.presentation.page import PROJECTOR, Page, Preset, PresetRow, Step

PROOF_WIDTHS = (1.4, 1)


def page() -> Page:
    """The dashboard."""
    data = alt.NamedData("rows")
    return Page(
        name="wallet",
        title="Who are you on this network?",
        about="Twelve words become a key and an address: change one word, or one letter of a signed message.",
        controls=(
            Slider("word", "Wrong word", 0, 12, 1, 0),
            Choice("fits", "It is", ((False, "the next in the list"), (True, "one that fits the checksum")), False),
            Slider("letter", "Changed letter of the message", 0, len(wallet.MESSAGE), 1, 0),
        ),
        specs={
            "way": cells_spec(data, wallet.way_rows(), PROJECTOR),
            "bits": wallet.bits_spec(PROJECTOR),
            "proof": cells_spec(data, wallet.PROOFS, PROJECTOR),
        },
        payoff="way",
        beside=("bits", "proof"),
        draw=draw,
        presets=(
            PresetRow(
                "Wrong word",
                (
                    Preset("none", {"word": 0}),
                    Preset("third, any", {"word": 3, "fits": False}),
                    Preset("third, fits", {"word": 3, "fits": True}),
                ),
            ),
            PresetRow("Message", (Preset("as signed", {"letter": 0}), Preset("20 τ, not 10", {"letter": 9}))),
        ),
        story=(
            Step(
                "Nobody opens an account for you. You are a number that your computer drew.",
                {},
                "This phrase stands in the manual of every chain of this family, so it belongs to everybody. "
                "Follow the arrows downwards: no step leads back up.",
            ),
            Step(
                "You copy the words, and one is wrong. What happens?",
                {"word": 3},
                "Ask the room first. 4 of the 132 bits are a checksum, so 15 of 16 slips are found.",
            ),
            Step(
                "The sixteenth slip is not found: every check passes, and it is somebody else's wallet.",
                {"word": 3, "fits": True},
                "About half of the bits differ. There is no such thing as nearly the right key.",
            ),
            Step(
                "The key signs a message. Anyone with the address can check it.",
                {},
                "The signature is 64 bytes. It proves who signed; it hides nothing.",
            ),
            Step(
                "On its way, somebody makes 10 into 20.",
                {"letter": 9},
                "One letter, and the signature does not fit. This is why nobody can change your order.",
            ),
            Step(
                "Another key cannot have signed it either.",
                {"word": 3, "fits": True, "letter": 0},
                "Look at the last row of the small table. Lab 01 lets you write both checks yourself.",
            ),
        ),
    )


def draw(settings: Settings, since: Settings | None) -> Picture:
    """The steps from words to an address, the bits that differ, and who may have signed."""
    del since
    slip = wallet.Slip.of(settings["word"], settings["letter"], settings["fits"])
    way, proof = wallet.way_cells(slip), wallet.proof_cells(slip)
    charts = {
        "way": Chart(wallet.way_title(slip), said(way), cells_table(way, (1,))),
        "bits": Chart(
            wallet.bits_title(slip), f"{wallet.bits_title(slip)}. A square for each.", wallet.bits_table(slip)
        ),
        "proof": Chart(wallet.proof_title(slip), said(proof), cells_table(proof, PROOF_WIDTHS)),
    }
    old, new = slip.words
    shown = {
        "word": f"{slip.word}: {old} → {new}" if slip.word else "none",
        "letter": f"{slip.letter}: {slip.signed.message[slip.letter - 1]} → {slip.signed.shown[slip.letter - 1]}"
        if slip.letter
        else "none",
    }
    return Picture(unbroken(wallet.sentence(slip)), charts, shown)
