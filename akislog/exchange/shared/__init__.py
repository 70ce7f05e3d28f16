"""What several importers need: fields of loose JSON, tool calls, patches, to-dos, spans of time."""
