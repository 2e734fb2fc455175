"""Claims of lab 06, each tested by running epochs on subnet 15 or on a small subnet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tao_lab.cards import percent
from tao_lab.consensus import EpochInput, SparseRows, epoch, next_input, normalize, ranks
from tao_lab.course.claims import SUBNET_15, Claim, Evidence
from tao_lab.course.lab06.questions import CAUGHT_UP, RACE_EPOCHS, USEFUL, USELESS, copier_dividends
from tao_lab.course.lab06.subnets import small_subnet
from tao_lab.datasets import load_metagraph
from tao_lab.fixed import EXACT
from tao_lab.units import BLOCK_SECONDS, RAO_PER_TAO, U16_MAX

VISIBLE = 0.001  # a tenth of a per cent of all pay
VOICE = 0.001  # validators with a smaller share of the stake are left out


def stake_times_weight() -> Evidence:
    """Claim 7: pay on subnet 15 against stake × weight before clipping."""
    result = epoch(load_metagraph().epoch_input())
    voices = result.active_stake[result.validators]
    plain = EXACT.to_float(normalize(ranks(result.weights, voices)))
    paid = EXACT.to_float(result.incentive)
    moved = float(np.abs(paid - plain).sum() / 2)
    loser, winner = int((paid - plain).argmin()), int((paid - plain).argmax())
    cut = int(((plain > 0) & (paid == 0)).sum())
    return Evidence(
        "false" if moved > VISIBLE else "true",
        "Nearly: it is stake × the weight that is left after clipping, and clipping moves pay between miners.",
        {
            "pay that clipping moves to other miners": percent(moved, 1),
            f"miner {loser}: by stake × weight, and paid": f"{percent(plain[loser], 1)} → {percent(paid[loser], 1)}",
            f"miner {winner}: by stake × weight, and paid": f"{percent(plain[winner], 1)} → {percent(paid[winner], 1)}",
            "miners with stake × weight above zero and no pay": str(cut),
        },
    )


def more_stake_counts_more() -> Evidence:
    """Claim 8: double the stake of one validator after another."""
    inputs = load_metagraph().epoch_input()
    base = epoch(inputs)
    voices = EXACT.to_float(base.active_stake)
    heard = np.flatnonzero(voices >= VOICE)
    trust_rises, pay_rises = 0, 0
    for uid in heard:
        stake = inputs.stake.copy()
        stake[uid] *= np.uint64(2)
        result = epoch(replace(inputs, stake=stake))
        pay_rises += bool(result.dividends[uid] > base.dividends[uid])
        trust_rises += bool(result.validator_trust[uid] >= base.validator_trust[uid])
    count = len(heard)
    return Evidence(
        "true" if pay_rises == trust_rises == count else "false",
        "With twice the stake, consensus comes nearer to a validator (its trust never falls), and it earns more.",
        {
            "validators whose trust rises or stays when their stake doubles": f"{trust_rises} of {count}",
            "validators that earn more when their stake doubles": f"{pay_rises} of {count}",
            "largest share of the votes": percent(voices.max(), 1),
            f"votes of the {len(base.validators) - count} validators with least stake together": (
                percent(voices.sum() - voices[heard].sum(), 1)
            ),
        },
    )


def _lied_about(inputs: EpochInput, share: float, keys: int = 1) -> float:
    """Incentive of a miner that only liars rate; they have `share` of all stake, on `keys` hotkeys."""
    base = epoch(inputs)
    heard = np.flatnonzero(EXACT.to_float(base.active_stake[base.validators]) >= VOICE)
    rated = base.weights[heard].max(axis=0) > 0
    nobodies = np.setdiff1d(np.arange(inputs.n), base.validators)
    target, liars = int(nobodies[~rated[nobodies]][0]), nobodies[rated[nobodies]][:keys]
    matrix = inputs.weights.dense(np.arange(inputs.n))
    matrix[liars] = 0
    matrix[liars, target] = U16_MAX
    stake = inputs.stake.copy()
    stake[nobodies] = 0
    stake[liars] = np.uint64(int(int(stake.sum()) * share / (1 - share)) // keys)
    permits = inputs.validator_permit.copy()
    permits[liars] = True
    lied = replace(inputs, stake=stake, validator_permit=permits, weights=SparseRows.from_dense(matrix))
    return float(EXACT.to_float(epoch(lied).incentive[target]))


def _breaking_share(inputs: EpochInput) -> float:
    """Smallest share of stake, in thousandths, at which the liars' miner is paid."""
    low, high = 0, 999
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _lied_about(inputs, middle / 1_000) > 0 else (middle, high)
    return high / 1_000


def filters_malicious_scores() -> Evidence:
    """Claim 9: how much stake must lie so that a miner that nobody else rates is paid."""
    inputs = load_metagraph().epoch_input()
    limit = _breaking_share(inputs)
    other = _breaking_share(replace(inputs, kappa=U16_MAX * 3 // 10))
    pays = {share: _lied_about(inputs, share) for share in (0.4, limit, 0.6)}
    return Evidence(
        "true" if pays[0.4] == 0 else "false",
        f"True while less than {percent(limit, 1)} of the stake lies. From there on the liars are the consensus: kappa "
        "sets the limit, and the chain cannot know who is honest.",
        {
            "smallest share of stake that pays a fake miner, kappa 50 %": percent(limit, 1),
            "the same with kappa 30 %": percent(other, 1),
            **{
                f"fake miner's pay when {percent(share)} of the stake lies": percent(pay, 1)
                for share, pay in pays.items()
            },
        },
    )


def prevents_sybil_attacks() -> Evidence:
    """Claim 10: one attacker with many keys, as validator and as miner."""
    inputs = load_metagraph().epoch_input()
    one, many = _lied_about(inputs, 0.4, keys=1), _lied_about(inputs, 0.4, keys=20)
    alone = _last_miners_pay(small_subnet([100, 100, 100], [[0.25] * 4] * 3), 1)
    copied = _last_miners_pay(small_subnet([100, 100, 100], [[0.125] * 8] * 3), 5)
    return Evidence(
        "false" if copied > alone + VISIBLE or many > one + VISIBLE else "true",
        "Only for validators: a split stake is the same stake. A miner whose work is graded on its own gains by every "
        "further UID; what limits that is the price of a UID and the validators' own detection of copies.",
        {
            "fake miner's pay, lying stake of 40 % on 1 hotkey": percent(one, 1),
            "fake miner's pay, lying stake of 40 % on 20 hotkeys": percent(many, 1),
            "one of four equal miners earns": percent(alone, 1),
            "the same miner under five UIDs earns": percent(copied, 1),
        },
    )


def _last_miners_pay(inputs: EpochInput, count: int) -> float:
    return float(EXACT.to_float(epoch(inputs).incentive[-count:].sum()))


def weights_take_effect_late() -> Evidence:
    """Claim 19: all validators change their minds just after an epoch; and how fast a changed row earns."""
    first = small_subnet([400, 300, 300], [USEFUL] * 3)
    before = epoch(first)
    later = replace(next_input(first, before.terms()), weights=small_subnet([1] * 3, [USELESS] * 3).weights)
    followed = bool((epoch(later).consensus != before.consensus).any())
    wait = later.block - first.block
    relative = copier_dividends(RACE_EPOCHS)
    until = {part: 1 + next(i for i, share in enumerate(relative) if share >= part) for part in (0.5, CAUGHT_UP)}
    return Evidence(
        "true" if followed and wait > 0 and until[0.5] > 1 else "false",
        "Weights count only when the tempo is over, and bonds follow over many epochs after that. A subnet with "
        "commit-reveal adds a further delay before anybody sees them.",
        {
            "longest wait until weights count": f"{wait} blocks, {wait * BLOCK_SECONDS // 60} minutes",
            **{
                f"epochs until new weights earn {percent(part)} of what old ones do": (
                    f"{epochs} ({epochs * wait * BLOCK_SECONDS / 3600:.0f} hours)"
                )
                for part, epochs in until.items()
            },
        },
    )


def anyone_can_validate() -> Evidence:
    """Claim 21: what a new validator on subnet 15 needs for a permit, and for any influence."""
    inputs = load_metagraph().epoch_input()
    seats = epoch(inputs).new_permits
    newcomer = int(np.flatnonzero(~seats)[0])
    smallest = int(inputs.stake[seats].min())
    gets = {amount: _gets_permit(inputs, newcomer, amount) for amount in (0, smallest * 9 // 10, smallest * 11 // 10)}
    votes = int(inputs.stake.sum()) // 99
    holders = int((inputs.stake > 0).sum())
    return Evidence(
        "true" if all(gets.values()) else "false",
        "Anyone may try: a permit needs a UID, and more stake than the smallest of the seated validators. A permit is "
        "cheap here, where no `StakeThreshold` is assumed; a voice is not.",
        {
            "seats (MaxAllowedValidators), and hotkeys with stake": f"{inputs.max_validators}, {holders}",
            "smallest stake with a seat": f"{smallest / RAO_PER_TAO:.3f} τ",
            "newcomer without stake gets a permit": _yes(gets[0]),
            "newcomer with 10 % less than that": _yes(gets[smallest * 9 // 10]),
            "newcomer with 10 % more than that": _yes(gets[smallest * 11 // 10]),
            "stake for 1 % of the votes": f"{votes / RAO_PER_TAO:,.0f} τ",
        },
    )


def _gets_permit(inputs: EpochInput, uid: int, stake_rao: int) -> bool:
    stake = inputs.stake.copy()
    stake[uid] = stake_rao
    return bool(epoch(replace(inputs, stake=stake)).new_permits[uid])


def _yes(value: bool) -> str:
    return "yes" if value else "no"


CLAIMS = (
    Claim(7, "A reward is proportional to stake × weight.", stake_times_weight, SUBNET_15),
    Claim(8, "Validators with more stake count more.", more_stake_counts_more, SUBNET_15),
    Claim(9, "Yuma Consensus filters out malicious scores.", filters_malicious_scores, SUBNET_15),
    Claim(10, "Yuma Consensus prevents Sybil attacks.", prevents_sybil_attacks, SUBNET_15),
    Claim(19, "New weights take effect with a delay.", weights_take_effect_late),
    Claim(21, "Anyone can become a validator.", anyone_can_validate, SUBNET_15),
)
