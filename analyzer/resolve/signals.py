"""Django signals: who listens, and what sending one runs."""

from __future__ import annotations

from analyzer.model.facts import Location, SignalReceiver
from analyzer.resolve.machine import Machine, Receiver
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import (
    Bound,
    Class,
    External,
    Function,
    Items,
    Literal,
    Made,
    Unknown,
    Value,
    options,
    text,
)


def send_signal(
    m: Machine, scope: Scope, signal: Made, name: str, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    """``connect`` and ``send`` of a signal that the project defines."""
    if "ignal" not in signal.callee:
        return Made(f"{signal.callee}.{name}", args, kwargs, scope.module, line)
    if name == "connect" and args:
        connect(m, signal, args[0], kwargs.get("sender"), Location(scope.module.file, line))
    elif name in {"send", "send_robust", "asend"} and m.tracing:
        run_receivers(m, scope, signal_name(m, signal), kwargs, line)
    return Unknown(f"what {name}() of a signal returns")


def run_receivers(m: Machine, scope: Scope, signal: str, kwargs: dict[str, Value], line: int) -> None:
    """Run all that listens to a signal, whoever sends it."""
    for receiver in list(m.ledger.receivers) if m.tracing else ():
        if receiver.signal == signal:
            m.call(scope, receiver.function, [], kwargs, line)


def connect(m: Machine, signal: Value, function: Value, sender: Value | None, where: Location) -> None:
    """Enter a receiver for each signal it is connected to."""
    senders = (
        tuple(model for option in options(sender) for model in _sender(m, option))
        if sender is not None
        else ()
    )
    any_sender = sender is None or (isinstance(sender, Literal) and sender.value is None)
    for each in _flat(signal):
        name = signal_name(m, each)
        for option in options(function):
            target = option.function if isinstance(option, Bound) else option
            if not name or not isinstance(target, Function):
                continue
            labels = tuple(sorted(info.label for model in senders if (info := m.registry.info(model))))
            fact = SignalReceiver(target.qualname, name, where, labels)
            if all(old.fact != fact for old in m.ledger.receivers):
                m.ledger.receivers.append(Receiver(option, name, senders, fact, any_sender))


def _sender(m: Machine, value: Value) -> list[Class]:
    if isinstance(value, Class):
        return [value]
    label = text(value)
    model = m.registry.by_label(label) if label else None
    return [model] if model is not None else []


def _flat(signal: Value) -> list[Value]:
    return (
        [each for item in signal.items for each in _flat(item)]
        if isinstance(signal, Items)
        else list(options(signal))
    )


def signal_name(m: Machine, signal: Value) -> str:
    """The dotted name of a signal: Django's own, or the module and name that a ``Signal()`` was assigned to."""
    if isinstance(signal, External):
        return signal.name
    if isinstance(signal, Made) and signal.module is not None:
        for name, value in signal.module.names.items():
            if value is signal:
                return f"{signal.module.name}.{name}"
    return text(signal) or "" if isinstance(signal, Literal) else ""
