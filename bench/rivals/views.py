"""The two views."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_api_key.permissions import HasAPIKey

BODY = {"outcome": "valid"}


def plain(_request: HttpRequest) -> HttpResponse:
    """A view that asks nobody anything."""
    return HttpResponse(b'{"outcome":"valid"}', content_type="application/json")


class Protected(APIView):
    """A view for whoever has a key, as djangorestframework-api-key documents it."""

    permission_classes = [HasAPIKey]

    def get(self, _request: Request) -> Response:
        """Good."""
        return Response(BODY)


urlpatterns = [path("plain", plain), path("protected", Protected.as_view())]
