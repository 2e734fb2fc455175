from tests.chain.conftest import chain

__all__ = ["chain"]
