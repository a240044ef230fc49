"""The contract's own structs instead of documents: what a service holds in its hands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from acl.contract.validate import faults
from acl.errors import ContractError
from acl.mapping import Row
from acl.translate import Translation, Translator, Untranslatable

__all__ = ["StructTranslation", "Structs"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StructTranslation(Generic[T]):
    """Structs of a batch, in its order, and every reason why a row has none."""

    translated: list[T]
    untranslatable: tuple[Untranslatable, ...] = ()


class Structs(Generic[T]):
    """A translator between rows and structs of `contract`, the type that the mapping was declared with.

    Raises ContractError when that is another one.
    """

    def __init__(self, translator: Translator, contract: type[T]) -> None:
        if translator.mapping.contract is not contract:
            raise ContractError(
                f"mapping {translator.mapping.name!r} is not of {contract.__name__}", "name its contract type"
            )
        self._translator = translator
        self._contract = contract

    def to_contract(self, rows: Iterable[Row]) -> StructTranslation[T]:
        """Structs of legacy rows; what the contract refuses is reported with every fault."""
        translation = self._translator.to_contract(rows)
        try:
            return StructTranslation(self._converted(translation.translated), translation.untranslatable)
        except msgspec.ValidationError:
            pass
        mapping, sound, records = self._translator.mapping, [], list(translation.untranslatable)
        for document in translation.translated:
            found = faults(document, self._contract)
            records += [
                Untranslatable(
                    mapping.name, mapping.version, "to_contract", None, path, "contract", value, reason
                )
                for path, value, reason in found
            ]
            sound += [] if found else [document]
        return StructTranslation(self._converted(sound), tuple(records))

    def to_legacy(self, structs: Iterable[T]) -> Translation:
        """Legacy rows of structs, as they would be created."""
        documents: list[dict[str, Any]] = msgspec.to_builtins(list(structs))
        return self._translator.to_legacy(documents)

    def _converted(self, documents: list[dict[str, Any]]) -> list[T]:
        return [msgspec.convert(document, self._contract) for document in documents]
