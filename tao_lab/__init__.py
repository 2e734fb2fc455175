"""TAO Lab: a small, exact Bittensor that students can open."""

__version__ = "0.1.0"
