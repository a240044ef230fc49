"""A routing facade that moves a Django monolith's endpoints to services, one at a time, and back."""
