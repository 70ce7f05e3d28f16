"""The index of a folder of logs: a disposable SQLite database that answers as the files would, sooner."""
