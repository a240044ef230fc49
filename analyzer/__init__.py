"""Static analysis of a Django monolith: models, tables and module coupling, with evidence by file and line."""
