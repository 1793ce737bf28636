"""/.well-known/: what programs look for at the same place on every site."""

from django.urls import path

from api import leaks

urlpatterns = [path(".well-known/secret-scanning.json", leaks.published_patterns, name="api-secret-scanning")]
