"""Settings for all tests: Hypothesis is deterministic and does not watch the clock of a busy machine."""

from hypothesis import HealthCheck, settings

settings.register_profile("lab", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lab")
