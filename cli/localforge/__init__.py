"""A test tool that stands for GitHub beside the local plane."""
