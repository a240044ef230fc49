"""Moving data: legacy rows out of their database, in batches, as mappings read them."""

from acl.data.catalogue import outline_of_database
from acl.data.rows import count_rows, read_batches, read_keys

__all__ = ["count_rows", "outline_of_database", "read_batches", "read_keys"]
