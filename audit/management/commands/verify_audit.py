"""manage.py verify_audit: walk the audit chains and name every event that does not hold."""

import uuid
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from audit import chain
from audit.models import AuditEvent


class Command(BaseCommand):
    help = "Checks that no audit event was changed, deleted, inserted or moved. Exit status 1 names the places."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", type=uuid.UUID, help="check the chain of this organisation only")

    def handle(self, *args: object, organization: uuid.UUID | None, **options: object) -> None:
        findings = list(chain.verify(organization))
        for finding in findings:
            self.stderr.write(f"{finding.organization_id} event {finding.sequence}: {finding.problem}")
        if findings:
            raise CommandError(f"{len(findings)} place(s) where the audit trail does not hold.")
        checked = AuditEvent.objects.of(organization) if organization else AuditEvent.objects.all()
        self.stdout.write(f"The audit trail holds: {checked.count()} events.")
