"""Fast twins of the rules in `tao_lab.economy`: one row for each subnet, compiled, equal to the last bit.

Read the rules first. No rule imports this package.
"""
