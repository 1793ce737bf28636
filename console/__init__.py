"""The console: everything a browser session opens, and the Django project itself (settings, URLs, server)."""
