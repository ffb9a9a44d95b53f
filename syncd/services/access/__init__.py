"""Use cases about accounts: users, signing in and out, one-time links, API tokens. Knows no cookie and no HTTP."""
