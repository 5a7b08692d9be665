"""The evidence graph, read from the API and drawn: `writ evidence`."""
