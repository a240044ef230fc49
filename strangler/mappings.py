"""The mappings that an operator names: `module:name`, or `path/to/file.py:name`. Loading them runs their file."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING

from strangler.errors import BadDocument, Unknown

if TYPE_CHECKING:
    from acl.mapping import Mapping

__all__ = ["check_imported", "mappings", "one_mapping"]


def mappings(target: str, folders: list[Path]) -> list[Mapping]:
    """The mappings that a module declares, or the one that is named; those used by others come with them."""
    from acl.errors import AclError
    from acl.mapping import Mapping

    module_name, name = _split(target)
    if module_name.endswith(".py"):
        root, module_name = _module_of(Path(module_name))
        folders = [root, *folders]
    for folder in folders:
        if not folder.is_dir():
            raise BadDocument(
                f"{folder} is not a folder", where="--path", remedy="Name the folder to import from."
            )
        sys.path.insert(0, str(folder.resolve()))
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        raise Unknown(
            f"{module_name!r} cannot be imported: {error}",
            remedy="Name the file that declares it, or its folder with --path, or install it.",
        ) from None
    except AclError:
        raise
    except Exception as error:
        raise BadDocument(
            f"it fails when it is imported: {type(error).__name__}: {error}",
            where=_place(error, module_name),
            remedy="Mend it, and run this again.",
        ) from error
    found = {key: value for key, value in vars(module).items() if isinstance(value, Mapping)}
    if name:
        if name not in found:
            raise Unknown(
                f"{module_name} declares no mapping {name!r}", remedy=f"It declares: {_listed(found)}."
            )
        return [found[name]]
    if not found:
        raise Unknown(f"{module_name} declares no mapping", remedy="Name the module that calls mapping(...).")
    nested = {id(inner) for mapping in found.values() for one in mapping.operations for inner in one.inner}
    return [mapping for mapping in found.values() if id(mapping) not in nested]


def one_mapping(target: str, folders: list[Path]) -> Mapping:
    """The only mapping of a target; refuses a module that declares several."""
    found = mappings(target, folders)
    if len(found) > 1:
        names = ", ".join(mapping.name for mapping in found)
        raise BadDocument(f"{target} declares several mappings: {names}", remedy="Name one: MODULE:NAME.")
    return found[0]


def check_imported(target: str) -> None:
    """Raises ``BadDocument`` where a file was not imported, because another module has its name."""
    named, _ = _split(target)
    if not named.endswith(".py"):
        return
    file = Path(named).resolve()
    module = sys.modules[_module_of(file)[1]]
    if Path(module.__file__ or "").resolve() != file:
        raise BadDocument(
            f"another module is called {module.__name__!r}: {module.__file__}",
            where=named,
            remedy="Rename the file, or put it into a package (a folder with an __init__.py).",
        )


def _split(target: str) -> tuple[str, str]:
    place, _, name = target.rpartition(":")
    return (place, name) if place and name.isidentifier() else (target.rstrip(":"), "")


def _module_of(file: Path) -> tuple[Path, str]:
    """The folder to import from, and the dotted name of a file: packages are folders with an `__init__.py`."""
    if not file.is_file():
        raise Unknown(f"there is no file {file}", remedy="Name the file that declares the mapping.")
    names, folder = [file.stem], file.resolve().parent
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(names)


def _place(error: Exception, module: str) -> str:
    """The last line of the user's own code that the error went through."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = [one for one in extract_tb(error.__traceback__) if "importlib" not in one.filename]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if len(frames) > 1 else module


def _listed(found: dict[str, Mapping]) -> str:
    return ", ".join(sorted(found)) or "none"
