"""Compile what the labs need, once, at installation: lab 07's network runs, and numba keeps the machine code."""

from tao_lab import Network
from tao_lab.course.lab07.economy import settle

net = Network()
settle(net)
net.run(blocks=25)
