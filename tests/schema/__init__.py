"""The API against its own description: schemathesis asks every operation what nobody thought of."""
