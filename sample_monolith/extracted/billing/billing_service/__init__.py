"""The billing service: invoices, carved out of the monolith, on a database of its own."""
