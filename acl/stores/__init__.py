"""Where acl keeps what must outlive a process. Protocols, and backends that pass one contract suite."""

from acl.stores.id_map import IdMap, Key
from acl.stores.sqlite_ids import SqliteIdMap

__all__ = ["IdMap", "Key", "SqliteIdMap"]
