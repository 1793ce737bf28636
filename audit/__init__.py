"""Audit: what happened, who did it and from where. Append-only, chained by hash; knows no other room."""
