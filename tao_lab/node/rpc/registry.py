"""The list of methods, and how a client's parameters are passed to them, by position or by name.

A method is a function whose first argument is the node, or with `of_session` the client's session. Names of parameters
are those of the Polkadot SDK's Rust traits. Like its server, this one accepts them in `snake_case` and in `camelCase`.
Every file in `families` registers its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from tao_lab.chain.block import Block
from tao_lab.foreign import escaped
from tao_lab.node.rpc.errors import invalid_params
from tao_lab.node.rpc.node import Node

Json = Any
Function = TypeVar("Function", bound=Callable[..., Json])


@dataclass(frozen=True)
class Method:
    """A method with its names for clients.

    Attributes:
        name: Its first name.
        function: Takes the node or the session, and the parameters in their order.
        parameters: Their names; `at|hash` if clients use two names.
        required: Number of parameters that a client must give.
        of_session: Whether the function takes the client's session rather than the node.
    """

    name: str
    function: Callable[..., Json]
    parameters: tuple[str, ...]
    required: int
    of_session: bool

    def bind(self, given: list[Json] | dict[str, Json]) -> list[Json]:
        """The parameters in their order.

        Raises:
            RpcError: Too few, too many, or one that the method doesn't have.
        """
        params = self._by_name(given) if isinstance(given, dict) else list(given)
        while len(params) > self.required and params[-1] is None:
            params.pop()
        if not self.required <= len(params) <= len(self.parameters):
            allowed = f"{self.required} to {len(self.parameters)}"
            raise invalid_params(f"{self.name} takes {allowed}, not {len(params)}")
        return params

    def _by_name(self, given: dict[str, Json]) -> list[Json]:
        places = {
            spelled: n
            for n, names in enumerate(self.parameters)
            for name in names.split("|")
            for spelled in (name, camel_case(name))
        }
        params: list[Json] = [None] * len(self.parameters)
        for name, value in given.items():
            if name not in places:
                known = ", ".join(self.parameters) or "no parameters"
                raise invalid_params(f"{self.name} takes {known}, not {escaped(name, 80)}")
            params[places[name]] = value
        given_places = {places[name] for name in given}
        for place, name in enumerate(self.parameters[: self.required]):
            if place not in given_places:
                raise invalid_params(f"{self.name} needs {name}")
        return params


def camel_case(name: str) -> str:
    """`start_key` as `startKey`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


class Client(Protocol):
    """The methods of a session that a subscription uses; `tao_lab.node.rpc.session.Session` has them."""

    node: Node

    def new_name(self) -> str:
        """A name that no subscription has had."""
        ...

    def notify(self, method: str, name: str, result: Json) -> None:
        """Send the client a notification."""
        ...

    def subscribe(self, make: Callable[[], Subscription]) -> str:
        """Open a subscription, and return its name."""
        ...

    def end(self, kind: type[Subscription], name: Json) -> bool:
        """End a subscription of this kind; returns whether there was one."""
        ...

    def forget(self, name: str) -> None:
        """Send nothing more under this name."""
        ...


class Subscription:
    """A subscription: it sends notifications to a client until it ends.

    Attributes:
        notification: The method of its notifications.
        name: Its name for the client.
    """

    notification: ClassVar[str]

    def __init__(self, session: Client) -> None:
        self.session, self.name = session, session.new_name()

    def begin(self) -> None:
        """Send the first notifications. An error here becomes the answer to the client."""

    def on_block(self, block: Block) -> None:
        """Report a new block."""

    def tell(self, result: Json) -> None:
        """Send a notification."""
        self.session.notify(self.notification, self.name, result)

    def end(self) -> None:
        """Stop sending notifications."""
        self.session.forget(self.name)


METHODS: dict[str, Method] = {}


def method(*names: str, params: str = "", of_session: bool = False) -> Callable[[Function], Function]:
    """Register a function under its names, with the names of its parameters in one string."""

    def register(function: Function) -> Function:
        _, *arguments = inspect.signature(function).parameters.values()
        parameters = tuple(params.split())
        if len(parameters) != len(arguments):
            raise TypeError(f"{names[0]} has {len(arguments)} parameters and {len(parameters)} names")
        required = sum(argument.default is inspect.Parameter.empty for argument in arguments)
        for name in names:
            METHODS[name] = Method(names[0], function, parameters, required, of_session)
        return function

    return register


Subscribed = TypeVar("Subscribed", bound=type[Subscription])


def subscription(
    *names: str, ends: tuple[str, ...], params: str = "", end_param: str = "subscription|bytes", says: bool = True
) -> Callable[[Subscribed], Subscribed]:
    """Register a class of subscriptions: the methods that open one, and those that end it.

    Args:
        names: The methods that open a subscription; the class takes the session and the parameters.
        ends: The methods that end a subscription.
        params: Names of the parameters.
        end_param: The name of the ending methods' parameter.
        says: Whether the ending methods answer whether there was one; otherwise they answer null.
    """

    def register(kind: Subscribed) -> Subscribed:
        _, *arguments = inspect.signature(kind).parameters.values()

        def opens(session: Client, *given: Json) -> str:
            return session.subscribe(lambda: kind(session, *given))

        def ended(session: Client, name: Json) -> bool | None:
            was_there = session.end(kind, name)
            return was_there if says else None

        parameters = tuple(params.split())
        if len(parameters) != len(arguments):
            raise TypeError(f"{names[0]} has {len(arguments)} parameters and {len(parameters)} names")
        required = sum(argument.default is inspect.Parameter.empty for argument in arguments)
        for name in names:
            METHODS[name] = Method(names[0], opens, parameters, required, True)
        for name in ends:
            METHODS[name] = Method(ends[0], ended, (end_param,), 1, True)
        return kind

    return register
