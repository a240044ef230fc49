"""The request path: an ASGI application with its own upstream pool, and what it tells others about each request."""

from strangler.facade.app import Facade
from strangler.facade.events import CapturedAnswer, Mirror, MirrorRequest, OnFinish, Outcome
from strangler.facade.failures import Failure
from strangler.facade.pool import Pool
from strangler.facade.protocol import FacadeProtocol
from strangler.facade.transport import Transport

__all__ = [
    "CapturedAnswer",
    "Facade",
    "FacadeProtocol",
    "Failure",
    "Mirror",
    "MirrorRequest",
    "OnFinish",
    "Outcome",
    "Pool",
    "Transport",
]
