"""The methods, one file a family; importing this registers all of them."""

from tao_lab.node.rpc.families import (  # noqa: F401
    archive,
    author,
    chain,
    chain_head,
    chain_spec,
    lab,
    payment,
    state,
    subtensor,
    system,
    transactions,
)
