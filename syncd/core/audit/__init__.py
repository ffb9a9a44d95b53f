"""The audit trail's records and the chain that keeps them whole."""
