"""Accounts: organisations, the people and service accounts in them, their roles, and who may do what."""
