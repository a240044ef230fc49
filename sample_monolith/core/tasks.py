"""Background tasks with Celery's spelling, run in place: this project has no broker.

@shared_task
def send_invoice(invoice_id): ...

send_invoice.delay(17)
send_task("billing.tasks.send_invoice", args=[17])
"""

import functools
import importlib

_registry = {}


class Task:
    def __init__(self, function, name=None):
        functools.update_wrapper(self, function)
        self.run = function
        self.name = name or f"{function.__module__}.{function.__name__}"
        _registry[self.name] = self

    def __call__(self, *args, **kwargs):
        return self.run(*args, **kwargs)

    def delay(self, *args, **kwargs):
        return self.apply_async(args, kwargs)

    def apply_async(self, args=(), kwargs=None, **options):
        return self.run(*args, **(kwargs or {}))


def shared_task(function=None, *, name=None):
    if function is None:
        return functools.partial(shared_task, name=name)
    return Task(function, name)


def send_task(name, args=(), kwargs=None):
    """Run a task by its dotted name, whether or not its module was imported before."""
    if name not in _registry:
        importlib.import_module(name.rpartition(".")[0])
    return _registry[name].apply_async(args, kwargs)
