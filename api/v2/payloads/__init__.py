"""What the API takes: one struct for each request. Properties nobody declared are refused, by name."""
