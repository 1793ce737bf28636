"""The demo: two made-up organisations with a history, told through the same verbs that people use."""

from keys.demo.story import ORGANIZATION, PASSWORD, SIGN_INS, SUPPORT_EMAIL, admin, exists, seed

__all__ = ["ORGANIZATION", "PASSWORD", "SIGN_INS", "SUPPORT_EMAIL", "admin", "exists", "seed"]
