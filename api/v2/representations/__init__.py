"""What the API gives: one struct for each shape, one function from a row to it."""
