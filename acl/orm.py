"""Rows of Django instances, and instances of rows: by their attributes, so that no Django is imported.

invoice = Invoice.objects.prefetch_related("lines").get(pk=7)
document = Instances(translator).document(invoice)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from acl.contract import Table
from acl.mapping import Document, Row
from acl.translate import Translation, Translator

__all__ = ["Instances", "row_of"]


def row_of(instance: Any, table: Table) -> Row:
    """The row of an instance, with its children; prefetch those, or each asks the database."""
    values = instance.__dict__
    row = {
        column.name: values[column.name] if column.name in values else getattr(instance, column.name)
        for column in table.columns
    }
    for children in table.children:
        row[children.name] = [
            row_of(child, children.table) for child in getattr(instance, children.name).all()
        ]
    return row


class Instances:
    """A translator for instances of the legacy model instead of rows."""

    def __init__(self, translator: Translator) -> None:
        self.translator = translator
        self._table = translator.mapping.table

    def documents(self, instances: Iterable[Any]) -> Translation:
        """The documents of a page of instances; ids are looked up for all of them at once."""
        return self.translator.to_contract([row_of(instance, self._table) for instance in instances])

    def document(self, instance: Any) -> Document:
        """The document of one instance. Raises ValueError with every reason why it has none."""
        translation = self.documents([instance])
        if translation.untranslatable:
            raise ValueError("; ".join(map(str, translation.untranslatable)))
        return translation.translated[0]

    def assign(self, instance: Any, row: Row) -> list[str]:
        """Set the columns of a row, as `Translation.translated` has it, on an instance; answers those that changed.

        Children, and what only the legacy side knows, are left alone: save with `update_fields=` of the answer.
        """
        kept = {
            one.columns[0]
            for one in self.translator.mapping.operations
            if one.name == "legacy_only" and one.columns
        }
        changed = []
        for column in self._table.columns:
            name = column.name
            if (
                name in row
                and name not in kept
                and not column.primary_key
                and getattr(instance, name) != row[name]
            ):
                setattr(instance, name, row[name])
                changed.append(name)
        return changed
