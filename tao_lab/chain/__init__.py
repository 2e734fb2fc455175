"""A small exact chain on the real runtime's schema: state, calls, extrinsics, blocks, events, history."""
