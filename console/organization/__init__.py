"""The pages of one organisation."""
