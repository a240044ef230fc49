"""The anti-corruption layer: one declaration says how a legacy model and a contract correspond, both ways."""

from acl.errors import AclError, MappingError
from acl.identity import Identity
from acl.mapping import Mapping, check, compile_source
from acl.translate import Translation, Translator, Untranslatable

__all__ = [
    "AclError",
    "Identity",
    "Mapping",
    "MappingError",
    "Translation",
    "Translator",
    "Untranslatable",
    "check",
    "compile_source",
]
