"""Random sequences of stake operations and blocks: every rao of TAO and of each alpha is accounted for after each."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import Call, signed
from tao_lab.chain.executive import author
from tao_lab.chain.pallets.subtensor.baskets import flush, owed_shares, queue_dividends
from tao_lab.chain.pallets.subtensor.locks import locked_mass, total_stake
from tao_lab.chain.pallets.subtensor.lookups import MODULE, ROOT_NETUID
from tao_lab.chain.pallets.subtensor.stake import increase_stake_of_all, stake_of, stake_of_coldkey
from tao_lab.chain.pallets.subtensor.tao import mint_alpha_out
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import set_hyper
from tests.chain.subtensor.pools import assert_all_is_counted, give, market, unowned_alpha

PEOPLE, HOTKEYS, NETUIDS = ("alice", "bob"), ("miner", "helper"), (ROOT_NETUID, 1, 2)
SHARE_DUST = 20  # rao that rounding of shares may take from a stake in all steps together
MOST_DUST = 3  # rao of alpha a block that splitting the emission leaves over
U64_MAX = (1 << 64) - 1
WHO, HOTKEY, NETUID, SUBNET = (st.sampled_from(names) for names in (PEOPLE, HOTKEYS, NETUIDS, NETUIDS[1:]))
AMOUNT = st.one_of(st.sampled_from([0, 1, 499, 2_000_000, 2_001_008, TAO, U64_MAX]), st.integers(2_000_000, 300 * TAO))
LIMIT = st.one_of(st.sampled_from([0, 1, TAO, U64_MAX]), st.integers(50_000_000, 2 * TAO))


class Staking(RuleBasedStateMachine):
    """Two people, two hotkeys, root and two pools with emission."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = Chain()
        self.ctx = self.open_block()
        market(self.ctx)
        for uid, hotkey in enumerate(HOTKEYS):
            self.chain.state.put(MODULE, "Uids", ROOT_NETUID, account(hotkey), uid)
        for name in PEOPLE:
            give(self.ctx, account(name), 1_000 * TAO)
        for netuid in NETUIDS[1:]:
            set_hyper(self.ctx, netuid, FirstEmissionBlockNumber=1, Tempo=60_000, SubnetMovingPrice={"bits": 1 << 30})
        self.dust = dict.fromkeys(NETUIDS, 0)

    def open_block(self) -> Context:
        return Context(self.chain.runtime, self.chain.state, self.chain.head.number + 1, author(self.chain.state))

    def teardown(self) -> None:
        self.chain.close()

    def call(self, who: str, name: str, **args: Any) -> bool:
        """A call that works, or is refused by a name of the metadata and changes nothing."""
        before = dict(self.chain.state.raw.items())
        refusal = self.ctx.try_dispatch(signed(account(who)), Call(MODULE, name, args)).error
        if refusal is not None:
            assert self.ctx.runtime.dispatch_error(refusal)
            assert dict(self.chain.state.raw.items()) == before
            return False
        return True

    @rule(who=WHO, hotkey=HOTKEY, netuid=NETUID, amount=AMOUNT)
    def add(self, who: str, hotkey: str, netuid: int, amount: int) -> None:
        self.call(who, "add_stake", hotkey=account(hotkey), netuid=netuid, amount_staked=amount)

    @rule(who=WHO, hotkey=HOTKEY, netuid=NETUID, amount=AMOUNT, limit=LIMIT, partial=st.booleans())
    def add_to_a_limit(self, who: str, hotkey: str, netuid: int, amount: int, limit: int, partial: bool) -> None:
        args = {"amount_staked": amount, "limit_price": limit, "allow_partial": partial}
        self.call(who, "add_stake_limit", hotkey=account(hotkey), netuid=netuid, **args)

    @rule(who=WHO, hotkey=HOTKEY, netuid=NETUID, amount=AMOUNT)
    def remove(self, who: str, hotkey: str, netuid: int, amount: int) -> None:
        self.call(who, "remove_stake", hotkey=account(hotkey), netuid=netuid, amount_unstaked=amount)

    @rule(who=WHO, hotkey=HOTKEY, netuid=NETUID, part=st.integers(1, 10), limit=LIMIT, partial=st.booleans())
    def remove_to_a_limit(self, who: str, hotkey: str, netuid: int, part: int, limit: int, partial: bool) -> None:
        amount = stake_of_coldkey(self.chain.state, account(hotkey), account(who), netuid) * part // 10
        args = {"amount_unstaked": amount, "limit_price": limit, "allow_partial": partial}
        self.call(who, "remove_stake_limit", hotkey=account(hotkey), netuid=netuid, **args)

    @rule(who=WHO, hotkey=HOTKEY, alpha=st.booleans())
    def remove_all(self, who: str, hotkey: str, alpha: bool) -> None:
        self.call(who, "unstake_all_alpha" if alpha else "unstake_all", hotkey=account(hotkey))

    @rule(who=WHO, hotkeys=st.tuples(HOTKEY, HOTKEY), netuids=st.tuples(NETUID, NETUID), amount=AMOUNT)
    def move(self, who: str, hotkeys: tuple[str, str], netuids: tuple[int, int], amount: int) -> None:
        args = {"origin_netuid": netuids[0], "destination_netuid": netuids[1], "alpha_amount": amount}
        origin, destination = (account(hotkey) for hotkey in hotkeys)
        self.call(who, "move_stake", origin_hotkey=origin, destination_hotkey=destination, **args)

    @rule(who=WHO, other=WHO, hotkey=HOTKEY, netuids=st.tuples(NETUID, NETUID), amount=AMOUNT)
    def give(self, who: str, other: str, hotkey: str, netuids: tuple[int, int], amount: int) -> None:
        args = {"origin_netuid": netuids[0], "destination_netuid": netuids[1], "alpha_amount": amount}
        self.call(who, "transfer_stake", destination_coldkey=account(other), hotkey=account(hotkey), **args)

    @rule(who=WHO, hotkey=HOTKEY, netuids=st.tuples(NETUID, NETUID), amount=AMOUNT, limit=LIMIT, partial=st.booleans())
    def swap(self, who: str, hotkey: str, netuids: tuple[int, int], amount: int, limit: int, partial: bool) -> None:
        args = {"origin_netuid": netuids[0], "destination_netuid": netuids[1], "alpha_amount": amount}
        limits = {"limit_price": limit, "allow_partial": partial}
        self.call(who, "swap_stake_limit", hotkey=account(hotkey), **args, **limits)

    @rule(who=WHO, hotkey=HOTKEY, netuid=NETUID, amount=AMOUNT, name=st.sampled_from(["recycle_alpha", "burn_alpha"]))
    def give_up(self, who: str, hotkey: str, netuid: int, amount: int, name: str) -> None:
        self.call(who, name, hotkey=account(hotkey), amount=amount, netuid=netuid)

    @rule(who=WHO, hotkey=HOTKEY, netuid=SUBNET, amount=AMOUNT)
    def lock(self, who: str, hotkey: str, netuid: int, amount: int) -> None:
        self.call(who, "lock_stake", hotkey=account(hotkey), netuid=netuid, amount=amount)

    @rule(who=WHO, hotkey=HOTKEY, netuid=SUBNET)
    def move_lock(self, who: str, hotkey: str, netuid: int) -> None:
        self.call(who, "move_lock", destination_hotkey=account(hotkey), netuid=netuid)

    @rule(who=WHO, netuid=SUBNET, perpetual=st.booleans(), rejects=st.booleans())
    def choose_locks(self, who: str, netuid: int, perpetual: bool, rejects: bool) -> None:
        self.call(who, "set_perpetual_lock", netuid=netuid, enabled=perpetual)
        self.call(who, "set_reject_locked_alpha", enabled=rejects)

    @rule(hotkey=HOTKEY, netuid=SUBNET, alpha=st.integers(1, 5 * TAO))
    def dividends(self, hotkey: str, netuid: int, alpha: int) -> None:
        if stake_of(self.chain.state, account(hotkey), netuid):
            mint_alpha_out(self.ctx, netuid, alpha)
            increase_stake_of_all(self.ctx, account(hotkey), netuid, alpha)

    @rule(hotkey=HOTKEY, netuid=SUBNET, alpha=st.integers(1, 50 * TAO), now=st.booleans())
    def root_dividends(self, hotkey: str, netuid: int, alpha: int, now: bool) -> None:
        mint_alpha_out(self.ctx, netuid, alpha)
        queue_dividends(self.ctx, netuid, [(account(hotkey), alpha)])
        if now:
            flush(self.ctx, account(hotkey))

    @rule(who=WHO)
    def claim(self, who: str) -> None:
        self.call(who, "claim_root", subnets=[ROOT_NETUID])

    @rule(who=WHO, hotkey=HOTKEY)
    def claim_on_one(self, who: str, hotkey: str) -> None:
        self.call(who, "claim_root_with_hotkey", hotkey=account(hotkey))

    @rule()
    def block(self) -> None:
        self.chain.produce_block()
        self.ctx = self.open_block()
        for netuid in NETUIDS[1:]:
            dust = unowned_alpha(self.ctx, netuid) - self.dust[netuid]
            assert 0 <= dust <= MOST_DUST
            self.dust[netuid] += dust

    @invariant()
    def everything_is_counted(self) -> None:
        assert_all_is_counted(self.ctx, self.dust)

    @invariant()
    def what_is_locked_is_there(self) -> None:
        for netuid in NETUIDS[1:]:
            for who in map(account, PEOPLE):
                total = total_stake(self.chain.state, who, netuid)
                assert locked_mass(self.chain.state, who, netuid, self.ctx.block) <= total + SHARE_DUST

    @invariant()
    def what_root_is_owed_is_there(self) -> None:
        for hotkey in map(account, HOTKEYS):
            owed = sum(owed_shares(self.chain.state, hotkey, account(who)) for who in PEOPLE)
            assert owed <= self.chain.state.get(MODULE, "BasketShares", hotkey) + 100  # watermarks are rounded


TestStaking = Staking.TestCase
TestStaking.settings = settings(max_examples=6, stateful_step_count=25, deadline=None)
