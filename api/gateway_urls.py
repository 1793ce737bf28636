"""The address that gateways ask, with whatever they put below it."""

from django.urls import re_path

from api import gateway

urlpatterns = [re_path(r"^verify(?P<route>;[^/]*)?(?:/.*)?$", gateway.verify, name="api-verify")]
