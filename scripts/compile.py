"""Compile what the labs need, once, at installation: numba keeps the machine code.

Lab 07's network runs, and lab 06's epochs go by the readable rule: a chain computes its own in another way.
"""

from tao_lab import Network, vectors
from tao_lab.consensus import epoch
from tao_lab.course.lab07.economy import settle
from tao_lab.datasets import load_metagraph
from tao_lab.fixed import FLOAT
from tao_lab.paths import DATASETS

net = Network()
settle(net)
net.run(blocks=25)

epoch(load_metagraph().epoch_input(), FLOAT)
vectors.verify(vectors.load(DATASETS / "vectors" / "epoch.json"))
