"""The second version of the API."""
