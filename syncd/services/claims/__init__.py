"""Use cases about claims: hold, attest, prove, file, and verify what a billing system sends."""
