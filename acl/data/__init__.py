"""Moving data: legacy rows out of their database, in batches, as mappings read them."""

from acl.data.rows import read_batches

__all__ = ["read_batches"]
