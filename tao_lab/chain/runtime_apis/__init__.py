"""Runtime APIs: questions to the state that `state_call` answers, one file each; importing one registers it."""

from importlib import import_module
from pkgutil import iter_modules

for module in sorted(module.name for module in iter_modules(__path__)):
    import_module(f"{__name__}.{module}")
