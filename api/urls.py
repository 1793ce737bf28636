"""Every address of the API. No trailing slashes: clients have these by heart."""

from django.urls import path

from api.v1 import validate

urlpatterns = [
    path("v1/validate", validate.validate, name="api-validate"),
    path("v2/validate_keys", validate.validate_keys, name="api-validate-keys"),
]
