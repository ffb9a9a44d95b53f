"""Who acts, and what they may do. Knows no session, no password and no subject of the acts."""
