"""`System.BlockHash`: the names of the last 2,400 blocks, which the state has and the store need not keep again.

A block puts its parent's name into the state and takes out the one that is too old. The store has all names anyway, in
the table of blocks. Two rows and a new key in each block would be most of what an empty block writes, and a year of
them would fill the memory with keys that no state has any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tao_lab.chain.runtime import Runtime

HEIGHT_BYTES = 4  # at the end of a key: the height itself


@dataclass(frozen=True)
class BlockHashes:
    """Which keys hold names of blocks.

    Attributes:
        prefix: What they begin with.
        kept: For how many blocks a name is in the state.
        key: The key of a height.
    """

    prefix: bytes
    kept: int
    key: Callable[[int], bytes]

    @classmethod
    def of(cls, runtime: Runtime) -> BlockHashes:
        """Those of a runtime."""
        item = runtime.item("System", "BlockHash")
        return cls(
            item.prefix,
            runtime.block_hashes_kept,
            lambda height: bytes(runtime.core.storage_key(item.pallet, item.name, [height])),
        )

    def heights(self, first: int, block: int) -> range:
        """Heights whose names the state has after a block of a chain that begins with block `first`."""
        return range(max(first, block - self.kept), block)

    def height(self, key: bytes) -> int | None:
        """The height that a key stands for; None where it stands for none."""
        height = int.from_bytes(key[-HEIGHT_BYTES:], "little")
        return height if key == self.key(height) else None

    def concern(self, prefix: bytes) -> bool:
        """Whether keys with this prefix may be among them."""
        return prefix.startswith(self.prefix) or self.prefix.startswith(prefix)
