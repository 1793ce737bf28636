"""The first version of the API, and what later versions left as it was."""
