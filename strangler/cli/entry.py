"""The entry point: finds the command, runs it, and turns whatever stopped it into one line and an exit code.

Exit codes: 0 yes; 1 the answer is no; 2 could not tell (usage, configuration, I/O); 3 refused; 130 interrupted; 141 the
reader of a pipe went away.
"""

from __future__ import annotations

import gc
import os
import sys
from errno import EPIPE
from itertools import takewhile
from signal import SIGPIPE
from typing import Any, NoReturn

COMMANDS = {
    "analyze": (
        "strangler.cli.analyze:analyze",
        "Map the coupling of a Django monolith and suggest boundaries.",
    ),
    "check": (
        "strangler.cli.check:check",
        "Hold the walls between boundaries: what is new across them?",
    ),
    "observe": (
        "strangler.cli.observe:observe",
        "See what the monolith really does: the recorder and its files.",
    ),
    "serve": ("strangler.cli.serve:serve", "Stand in front of the monolith."),
    "routes": ("strangler.cli.routes:app", "See and change which side answers."),
    "diffs": ("strangler.cli.diffs:app", "Where the shadowed answers of old and new differ."),
    "rollout": ("strangler.cli.rollout:app", "Move a group in guarded steps, back by itself when it fails."),
    "progress": ("strangler.cli.progress:progress", "What is left of the monolith, and how it went."),
    "acl": ("strangler.cli.acl:app", "Check the mappings between legacy models and contracts."),
    "identity": ("strangler.cli.identity:app", "Tell services who is asking."),
    "state": ("strangler.cli.state:app", "Save, restore and look at what is kept."),
    "tokens": ("strangler.cli.tokens:app", "Tokens of the admin API."),
    "config": ("strangler.cli.config:app", "Show where each setting comes from."),
    "rule": ("strangler.cli.analyze:rule", "Explain a finding's code."),
    "demo": ("strangler.cli.demo:demo", "Run the main job, end to end, on the sample monolith."),
}
"""Verb -> (where it lives, its line in --help). Only the verb that is called is imported."""


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    arguments = sys.argv[1:] if argv is None else argv
    leading = list(takewhile(lambda argument: argument.startswith("-"), arguments))
    verb = arguments[len(leading)] if len(leading) < len(arguments) else ""
    debug = "--debug" in leading or os.environ.get("STRANGLER_DEBUG") == "1"
    ends = argv is None and verb in ("analyze", "check")
    if ends:
        gc.disable()  # this process ends with its answer: nothing is worth collecting
    try:
        status = _run(verb, arguments)
    except KeyboardInterrupt:
        sys.exit(130)
    except SystemExit as stop:
        if not isinstance(stop.__context__, OSError) or stop.__context__.errno != EPIPE:
            raise
        _nobody_reads()
    except BrokenPipeError:
        _nobody_reads()
    except Exception as error:
        if debug and not hasattr(error, "format_message"):
            raise
        print(_line(error), file=sys.stderr)  # noqa: T201
        sys.exit(getattr(error, "exit_code", 2))
    code = status if isinstance(status, int) else 0
    if ends:
        _leave(code)
    sys.exit(code)


def _leave(code: int) -> NoReturn:
    """End at once: taking millions of objects down one by one takes seconds, and the system does it anyway."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        _nobody_reads()
    os._exit(code)


def _run(verb: str, arguments: list[str]) -> Any:
    """Run the verb. The library that reads command lines takes longer to import than a kept answer to be found."""
    if arguments == ["--version"]:
        return _print_version()
    if arguments[:1] == ["analyze"]:
        from strangler.cli.again import again

        if again(arguments[1:]):
            return 0
    from strangler.cli.application import application

    return application(verb, COMMANDS)(args=arguments, prog_name="strangler", standalone_mode=False)


def _print_version() -> None:
    from importlib.metadata import version

    print(f"strangler {version('strangler')}")  # noqa: T201


def _nobody_reads() -> NoReturn:
    """Somebody closed the pipe (``| head``): end as a program does that SIGPIPE ends, which is neither yes nor no."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(128 + SIGPIPE)


def _line(error: Exception) -> str:
    """What happened. The error trees of the three packages already speak to people: one line, or one for each fault."""
    if hasattr(error, "format_message"):  # a usage error of the command line's library
        return _usage(error)
    if hasattr(error, "remedy"):
        return f"strangler: {error}"
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"strangler: {place}{error.strerror or error}"
    told = f"unexpected {type(error).__name__}: {error}"
    return f"strangler: {told}. Run `strangler --debug ...` for the traceback and report it."


def _usage(error: Any) -> str:
    message: str = error.format_message().replace("Value error, ", "")
    if "\n" in message:  # no arguments at all: the help itself
        return message
    command = error.ctx.command_path if error.ctx is not None else "strangler"
    option: str = getattr(error, "option_name", None) or ""
    if option[:1] == "-" and option[1:2] in set("0123456789."):
        message = "Nothing here takes a negative number."
    return f"strangler: {message} See: {command} --help"
