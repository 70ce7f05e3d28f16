"""akislog: the record of what coding agents did, one Markdown log per session."""

__version__ = "0.1.0"
