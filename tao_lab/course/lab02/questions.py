"""*Predict first* questions of lab 02: where the result surprises people."""

from __future__ import annotations

from tao_lab.cards import Grid
from tao_lab.chain.errors import InvalidTransaction
from tao_lab.chain.merkle import list_proof, list_root, verify_list_proof
from tao_lab.course.lab02 import tampering
from tao_lab.course.networks import small_network
from tao_lab.course.questions import Finding, Question
from tao_lab.network import CallFailed

CHANGED = 3  # the block that the forger changes


def _rewrite() -> Finding:
    honest = tampering.honest_chain()
    last = len(honest) - 1
    found = {
        stop: tampering.first_tampered(tampering.forge(honest, CHANGED, stop)) for stop in range(CHANGED, last + 1)
    }
    needed = next(stop - CHANGED + 1 for stop, tampered in found.items() if tampered is None)
    option = 0 if needed == 1 else 1 if needed == 2 else 2
    rows = [
        [f"{CHANGED}" if stop == CHANGED else f"{CHANGED} to {stop}", "nothing" if where is None else f"block {where}"]
        for stop, where in found.items()
    ]
    because = (
        f"Each block names the one before it, so each new name makes the next block wrong: {needed} of {last} blocks "
        "had to be written again. Then nothing in the chain shows it any more; what shows it is a single name that "
        "somebody else remembers."
    )
    return Finding(option, because, (Grid(rows, ("blocks written again", "what does not fit")),))


def _proof() -> Finding:
    sizes = {}
    for count in (10, 100, 1_000, 10_000):
        extrinsics = [number.to_bytes(4, "big") for number in range(count)]
        proof = list_proof(extrinsics, count // 3)
        if not verify_list_proof(list_root(extrinsics), extrinsics[count // 3], proof):
            raise AssertionError("a proof that does not hold")
        sizes[count] = len(proof.siblings)
    option = 0 if sizes[1_000] >= 999 else 1 if sizes[1_000] > 100 else 2
    row = ["hashes in the proof", *(str(size) for size in sizes.values())]
    because = "Each level of the tree halves what is left. Ten times as many payments cost three or four hashes more."
    return Finding(option, because, (Grid([row], ("payments in the block", *(f"{count:,}" for count in sizes))),))


def _failed_call() -> Finding:
    with small_network() as net:
        alice, bob = net.wallet("alice", tao=10), net.wallet("bob")
        before = net.balance(alice)
        said, fee, height = "it worked", 0, net.block_number
        try:
            net.transfer(alice, bob, net.tao(50))
        except CallFailed as error:
            said, fee, height = error.name, error.receipt.fee.rao, error.receipt.block
        paid = before.rao - net.balance(alice).rao
    option = 0 if not fee else 1 if paid == fee else 2
    rows = [
        ["what the chain says", said],
        ["in a block?", f"yes, in block {height}"],
        ["Bob received", "0 τ"],
        ["Alice paid", f"{paid:,} rao, the fee"],
    ]
    because = (
        "The work of reading, checking and storing was done. Without a fee for failures, anybody could fill the blocks "
        "of everybody for nothing."
    )
    return Finding(option, because, (Grid(rows),))


def _replay() -> Finding:
    with small_network() as net:
        alice, bob = net.wallet("alice", tao=10), net.wallet("bob")
        net.transfer(alice, bob, net.tao(1))
        data, said = net.block().extrinsics[-1], "accepted"
        try:
            net.chain.submit(data)
        except InvalidTransaction as error:
            said = str(error)
        net.run(blocks=1)
        received = net.balance(bob)
    option = 0 if received.rao > 10**9 else 1
    rows = [["the same bytes again", said], ["Bob has", str(received)]]
    because = (
        "The signature is as good as the first time. But the bytes carry a nonce, a number that counts Alice's "
        "extrinsics, and 0 is used."
    )
    return Finding(option, because, (Grid(rows),))


QUESTIONS = (
    Question(
        "02.A",
        "A chain has 8 blocks behind its genesis. You own the computer that it is on, and change an amount in block 3. "
        "How many blocks must you write again until everything fits again?",
        ("block 3 only", "blocks 3 and 4: the one and its neighbour", "block 3 and every block after it"),
        _rewrite,
    ),
    Question(
        "02.B",
        "A block holds 1,000 payments. You have only its header. How many hashes must somebody send you to prove that "
        "one payment is among them?",
        ("999, one for each of the others", "some hundreds", "about ten"),
        _proof,
    ),
    Question(
        "02.C",
        "Alice paid Bob 1 TAO. Bob keeps the bytes of that payment, with Alice's good signature, and sends them to the "
        "chain again. How much has he then?",
        ("2 TAO: the signature is good", "1 TAO: the chain refuses the bytes"),
        _replay,
    ),
    Question(
        "02.D",
        "Alice has 10 TAO and sends 50. The call fails. What does it cost her?",
        ("nothing: what fails is not in a block", "the fee: the failure is in a block", "50 TAO: she is 40 in debt"),
        _failed_call,
    ),
)
