from django.apps import AppConfig
from django.db.models.signals import post_migrate

from accounts import builtin_roles, guards


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        """Put the built-in roles' rows and the database's guards in place after every migration."""
        post_migrate.connect(builtin_roles.keep_rows, sender=self)
        post_migrate.connect(guards.install, sender=self)
