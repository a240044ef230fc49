"""Django signals: who listens, and what sending one runs."""

from __future__ import annotations

from analyzer.model.facts import Location, SignalReceiver
from analyzer.resolve import history
from analyzer.resolve.machine import Machine, Receiver
from analyzer.resolve.scope import Scope
from analyzer.resolve.through import through_model
from analyzer.resolve.values import (
    Bound,
    Class,
    External,
    Function,
    Items,
    Literal,
    Made,
    Record,
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


def about_record(m: Machine, scope: Scope, names: tuple[str, ...], model: Class, line: int) -> None:
    """Run the receivers that listen to one of Django's signals about a record of this model."""
    if not m.tracing:
        return
    if "post_save" in names or "post_delete" in names:
        history.note(m, scope, model, line)
    for receiver in m.ledger.receivers:
        last = receiver.signal.rpartition(".")[2]
        if last in names and (receiver.any_sender or model in receiver.senders):
            m.call(scope, receiver.function, [], {"sender": model, "instance": Record(model)}, line)


def links_changed(m: Machine, scope: Scope, table: str, owner: Class, line: int) -> None:
    """``m2m_changed``: its sender is the model of the relation's table."""
    if not m.tracing:
        return
    link = m.registry.by_through.get(table)
    through = through_model(m.registry, link) if link is not None else None
    for receiver in m.ledger.receivers:
        if receiver.signal.rpartition(".")[2] == "m2m_changed" and (
            receiver.any_sender or through in receiver.senders
        ):  # the sender is not handed over: it would tell too many runs of one receiver apart
            m.call(scope, receiver.function, [], {"instance": Record(owner)}, line)


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
