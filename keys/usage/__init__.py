"""What becomes of every verdict: spooled before it is answered, counted once, rolled up, reported."""
