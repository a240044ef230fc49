"""Where acl keeps what must outlive a process. Protocols, and backends that pass one contract suite."""

from acl.stores.database import Database, open_database
from acl.stores.id_map import IdMap, Key
from acl.stores.postgres_ids import PostgresIdMap
from acl.stores.sqlite_ids import SqliteIdMap

__all__ = ["Database", "IdMap", "Key", "PostgresIdMap", "SqliteIdMap", "open_database"]
