"""The pages of a person: signing in, invitations, profile."""
