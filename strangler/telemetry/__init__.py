"""What the facade counts, for the guard and for Prometheus."""

from strangler.telemetry.counters import Counters, prometheus

__all__ = ["Counters", "prometheus"]
