"""What the facade tells of itself: counts for the guard and for Prometheus, the access log, spans of traces."""

from strangler.telemetry.access_log import AccessLog
from strangler.telemetry.by_route import RouteTotals
from strangler.telemetry.counters import Counters
from strangler.telemetry.exchange import Exchange
from strangler.telemetry.exposition import Family, exposition
from strangler.telemetry.spans import Spans
from strangler.telemetry.traces import Trace

__all__ = ["AccessLog", "Counters", "Exchange", "Family", "RouteTotals", "Spans", "Trace", "exposition"]
