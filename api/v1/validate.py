"""Is this key good? What an Agent asks before it sends, and Terraform before it plans."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from api import authentication
from api.access import credential, refused


@credential
def validate(request: HttpRequest) -> HttpResponse:
    """Whether the API key presented is good."""
    if not authentication.api_key_in(request):
        return refused("API key required")
    if not authentication.api_key_verdict(request, now=request.now):  # type: ignore[attr-defined]  # by middleware
        return refused("Forbidden")
    return JsonResponse({"valid": True})


@credential
def validate_keys(request: HttpRequest) -> HttpResponse:
    """Whether what was presented may act through the API."""
    if not authentication.acting_verdict(request, now=request.now):  # type: ignore[attr-defined]  # by middleware
        return refused("Forbidden")
    return JsonResponse({"status": "ok"})
