"""The pages of support staff, across organisations; the whole package is theirs alone."""
