from django.apps import AppConfig
from django.db.models.signals import post_migrate

from audit import guards


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        """Install the database's guards after every migration."""
        post_migrate.connect(guards.install, sender=self)
