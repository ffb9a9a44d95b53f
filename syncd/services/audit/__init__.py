"""Reading the audit trail, and proving that it is whole."""
