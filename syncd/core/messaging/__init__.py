"""What mails say, and the invitations and links that they carry. No text of a mail, no transport."""
