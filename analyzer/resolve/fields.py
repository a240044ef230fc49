"""Which field classes are relations: Django's own and those of well-known libraries, by class name.

A field class that a project derives from one of these is one of these too.
"""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.model.facts import RelationKind


@dataclass(frozen=True, slots=True)
class RelationField:
    """What a field class declares. ``target`` and ``through`` are labels for fields whose target is fixed."""

    kind: RelationKind
    target: str | None = None
    through: str | None = None
    on_delete: str | None = None


RELATION_FIELDS: dict[str, RelationField] = {
    "ForeignKey": RelationField("fk"),
    "OneToOneField": RelationField("o2o"),
    "ManyToManyField": RelationField("m2m"),
    "GenericForeignKey": RelationField("gfk"),
    "GenericRelation": RelationField("grel"),
    # django-modelcluster, django-mptt, django-tree-queries, django-annoying, django-sortedm2m, django-polymorphic
    "ParentalKey": RelationField("fk"),
    "ParentalManyToManyField": RelationField("m2m"),
    "TreeForeignKey": RelationField("fk"),
    "TreeOneToOneField": RelationField("o2o"),
    "TreeManyToManyField": RelationField("m2m"),
    "AutoOneToOneField": RelationField("o2o"),
    "SortedManyToManyField": RelationField("m2m"),
    "ChainedForeignKey": RelationField("fk"),
    "PageField": RelationField("fk", "cms.Page"),
    "PlaceholderField": RelationField("fk", "cms.Placeholder"),
    "FilerFileField": RelationField("fk", "filer.File"),
    "FilerImageField": RelationField("fk", "filer.Image"),
    "TaggableManager": RelationField("m2m", "taggit.Tag", "taggit.TaggedItem"),
    "ClusterTaggableManager": RelationField("m2m", "taggit.Tag", "taggit.TaggedItem"),
}

TEXT_LENGTHS = {"SlugField": 50, "URLField": 200, "EmailField": 254, "FileField": 100, "ImageField": 100}
"""The max_length of field classes that have one without being told."""


def is_field_class(name: str) -> bool:
    """Whether a class of this name is a model field, going by Django's convention for naming them."""
    return name in RELATION_FIELDS or name.endswith("Field")
