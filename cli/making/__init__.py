"""What is written into the source tree: generated pages and documents, and new bots."""
