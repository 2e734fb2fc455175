"""Fast twins of what the pallets do subnet by subnet or stake by stake: the same state, to the last byte."""
