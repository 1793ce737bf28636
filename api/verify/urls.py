"""The addresses that gateways and applications ask, with whatever they put below them."""

from django.urls import path, re_path

from api.verify import views

urlpatterns = [
    re_path(r"^verify(?P<route>;[^/]*)?(?:/.*)?$", views.verify, name="api-verify"),
    path("verifications", views.verifications, name="api-verifications"),
]
