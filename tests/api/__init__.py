"""Tests of the API door."""
