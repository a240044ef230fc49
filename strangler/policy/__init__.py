"""What a gateway decides about a request besides its side: pure state machines, acted upon by the facade."""
