"""Mails as they come in: takes MIME apart, by the standard library's parser. Nothing else in syncd reads MIME."""

from syncd.adapters.mime.reading import MimeReader

__all__ = ["MimeReader"]
