"""Benchmarks: programs that compare the lab with other software, or with a limit, in the same run."""
