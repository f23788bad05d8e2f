"""What goes for all tests."""

from hypothesis import HealthCheck, settings

# A slow or busy machine is no fault of the code.
settings.register_profile(
    "patient", settings(settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
)
settings.load_profile("patient")
