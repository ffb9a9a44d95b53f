"""What keeps an installation going for years: backups and their return. Knows no database's own tools."""
