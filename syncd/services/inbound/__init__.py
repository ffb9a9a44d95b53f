"""Mail that comes in: each is put on record with what it changed, once; and the mailbox from which it is fetched."""
