"""Runtime APIs: functions that read the state for `state_call`, one file each; importing a file registers it."""

from importlib import import_module
from pkgutil import iter_modules

for module in sorted(module.name for module in iter_modules(__path__)):
    import_module(f"{__name__}.{module}")
