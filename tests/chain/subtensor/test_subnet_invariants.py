"""Whatever people do with subnets: UIDs stay unique, no rao appears or vanishes, what is refused changes nothing."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tao_lab.chain.chain import Chain
from tao_lab.chain.context import Context
from tao_lab.chain.dispatch import ROOT, Call, signed
from tao_lab.chain.pallets.subtensor.idle_step import idle_step
from tao_lab.chain.pallets.subtensor.lookups import ROOT_NETUID, all_netuids, cleanup_queue, mechanism_index
from tao_lab.chain.pallets.subtensor.registration import update_registration_prices
from tao_lab.chain.pallets.subtensor.registration_queue import registration_queue
from tao_lab.chain.pallets.subtensor.tao import escrow_account
from tests.chain.conftest import TAO, account
from tests.chain.subtensor.conftest import MODULE, assert_no_rao_lost, free_rao, fund

PEOPLE = ("alice", "bob", "carol")
HOTKEYS = tuple(f"hot-{number}" for number in range(8))
COLUMNS = ("Active", "Emission", "Consensus", "Dividends", "ValidatorTrust", "ValidatorPermit")
people, hotkeys, netuids = st.sampled_from(PEOPLE), st.sampled_from(HOTKEYS), st.integers(0, 4)


class Subnets(RuleBasedStateMachine):
    """Three people with money, eight hotkeys, at most three subnets of three places."""

    @initialize()
    def begin(self) -> None:
        self.chain = Chain()
        self.ctx = Context(self.chain.runtime, self.chain.state, 10, account("authority"))
        for person in PEOPLE:
            fund(self.ctx, person, 20_000 * TAO)
        for item, value in {"NetworkRateLimit": 0, "SubnetLimit": 3, "NetworkImmunityPeriod": 5}.items():
            self.ctx.state.put(MODULE, item, value)

    def teardown(self) -> None:
        if hasattr(self, "chain"):
            self.chain.close()

    def attempt(self, who: str | None, name: str, /, **args: object) -> None:
        """Make a call; one that is refused leaves no trace."""
        before, events = dict(self.ctx.state.raw.items()), list(self.ctx.events)
        origin = ROOT if who is None else signed(account(who))
        if error := self.ctx.try_dispatch(origin, Call(MODULE, name, args)).error:
            assert self.ctx.runtime.dispatch_error(error)  # the metadata has it
            assert dict(self.ctx.state.raw.items()) == before
            assert self.ctx.events == events

    @rule(who=people, hotkey=hotkeys)
    def register_network(self, who: str, hotkey: str) -> None:
        self.attempt(who, "register_network", hotkey=account(hotkey))
        for netuid in all_netuids(self.ctx.state):
            if netuid != ROOT_NETUID:
                self.ctx.state.put(MODULE, "MaxAllowedUids", netuid, 3)
                self.ctx.state.put(MODULE, "ImmunityPeriod", netuid, 3)
                self.ctx.state.put(MODULE, "MinNonImmuneUids", netuid, 0)

    @rule(who=people, hotkey=hotkeys, netuid=netuids)
    def burned_register(self, who: str, hotkey: str, netuid: int) -> None:
        self.attempt(who, "burned_register", netuid=netuid, hotkey=account(hotkey))

    @rule(who=people, hotkey=hotkeys)
    def root_register(self, who: str, hotkey: str) -> None:
        self.attempt(who, "root_register", hotkey=account(hotkey))

    @rule(who=people, netuid=netuids)
    def start_call(self, who: str, netuid: int) -> None:
        self.attempt(who, "start_call", netuid=netuid)

    @rule(hotkey=hotkeys, netuid=netuids, port=st.integers(0, 2))
    def serve(self, hotkey: str, netuid: int, port: int) -> None:
        self.attempt(hotkey, "serve_prometheus", netuid=netuid, version=1, ip=9, port=port, ip_type=4)

    @rule(netuid=netuids)
    def dissolve(self, netuid: int) -> None:
        self.attempt(None, "root_dissolve_network", netuid=netuid)

    @rule(blocks=st.integers(1, 6))
    def wait(self, blocks: int) -> None:
        for _ in range(blocks):
            idle_step(self.ctx)
            self.ctx.block += 1
            update_registration_prices(self.ctx)

    @invariant()
    @precondition(lambda self: hasattr(self, "ctx"))
    def every_place_has_one_hotkey(self) -> None:
        state = self.ctx.state
        for netuid in all_netuids(state):
            places = state.get(MODULE, "SubnetworkN", netuid)
            keys, uids = (dict(state.entries(MODULE, item, netuid)) for item in ("Keys", "Uids"))
            assert sorted(keys) == list(range(places))
            assert uids == {hotkey: uid for uid, hotkey in keys.items()}
            assert all(state.get(MODULE, "IsNetworkMember", hotkey, netuid) for hotkey in uids)
            assert {len(state.get(MODULE, item, netuid)) for item in COLUMNS} <= {places}
            assert len(state.get(MODULE, "LastUpdate", mechanism_index(netuid, 0))) == places
            price = state.get(MODULE, "Burn", netuid)
            assert state.get(MODULE, "MinBurn", netuid) <= price <= state.get(MODULE, "MaxBurn", netuid)

    @invariant()
    @precondition(lambda self: hasattr(self, "ctx"))
    def no_rao_is_lost(self) -> None:
        assert_no_rao_lost(self.ctx)
        state = self.ctx.state
        assert state.get(MODULE, "TotalNetworks") == len(all_netuids(state))
        pools = sum(state.get(MODULE, "SubnetTAO", netuid) for netuid in all_netuids(state))
        assert pools <= state.get(MODULE, "TotalStake")
        assert len(all_netuids(state)) - 1 + len(cleanup_queue(state)) <= state.get(MODULE, "SubnetLimit")

    @invariant()
    @precondition(lambda self: hasattr(self, "ctx"))
    def who_waits_has_paid(self) -> None:
        state = self.ctx.state
        waiting = registration_queue(state)
        paid = {info["lock_id"]: (info["coldkey"], info["lock_amount"]) for info in waiting}
        assert paid == dict(state.entries(MODULE, "NetworkRegistrationEscrow"))
        for lock_id, (_, rao) in paid.items():
            assert free_rao(self.ctx, escrow_account(lock_id)) == rao
        assert len(waiting) <= len(cleanup_queue(state))


Subnets.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestSubnets = Subnets.TestCase
