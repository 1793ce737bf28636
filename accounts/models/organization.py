"""Organisations: everything else belongs to one."""

import uuid
from typing import Self

from django.db import models


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def matching(self, words: str) -> Self:
        return self.filter(name__icontains=words)


class Organization(models.Model):
    """A tenant. Its row is the lock under which everything in it changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=128)
    name_key = models.CharField(max_length=512, unique=True)
    created_at = models.DateTimeField()

    objects = OrganizationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
