"""The fast twin of the epoch in `tao_lab.consensus`: compiled, equal to the last bit.

Read the rules first. No rule imports this package.
"""
