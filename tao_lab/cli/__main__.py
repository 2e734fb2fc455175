"""`python -m tao_lab.cli`."""

from tao_lab.cli import main

main()
