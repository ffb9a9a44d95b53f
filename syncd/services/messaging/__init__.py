"""Messages: who hears what of a change, the mails made of it, and their delivery."""
