"""Other formats to events and logs, and back; reads from what it is handed."""
