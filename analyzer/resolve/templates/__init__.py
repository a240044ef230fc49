"""What rendering a template touches: the lookups, loops and tags in it, over the values of its context."""
