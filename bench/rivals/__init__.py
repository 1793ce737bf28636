"""A Django project as `startproject` makes it, with a plain view and one that djangorestframework-api-key protects.

It runs in an environment of its own: nothing of Keyhouse is imported here.
"""
