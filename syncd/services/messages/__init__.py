"""Messages: who is told what of a change (`telling`), and the mail that is made of it (`composing`)."""
