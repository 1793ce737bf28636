"""Key hygiene: what controls look for, what they found, and what becomes of it."""
