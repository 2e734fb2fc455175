"""SubtensorModule: subnets, neurons, weights, stake. One file for each part; importing a file registers its calls."""

from importlib import import_module
from pkgutil import iter_modules

for module in sorted(module.name for module in iter_modules(__path__)):
    import_module(f"{__name__}.{module}")
