"""A class in one room: one chain for all, a code to join it, a faucet with a budget, pages for the instructor."""
