"""Neurons: the programs of a subnet. Miners answer tasks over signed HTTP, validators ask and score."""
