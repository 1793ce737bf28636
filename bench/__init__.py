"""How fast the question at /verify is answered, beside what else could answer it. `make bench` and `make growth`.

Nothing here is part of a running Keyhouse, and no test needs it.
"""
