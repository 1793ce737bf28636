"""A browser without a screen, for tests that send many requests at once: cookies, forms and nothing else."""

import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode


@dataclass(frozen=True)
class Answer:
    """What came back; redirects are not followed."""

    status: int
    text: str
    headers: dict[str, str]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


@dataclass
class Visitor:
    """Keeps cookies and the last form token it saw. Safe to share between threads once it is signed in."""

    site: str
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def get(self, path: str) -> Answer:
        """Open a page."""
        return self._send(urllib.request.Request(self.site + path))

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form, with the form token of the last page seen."""
        body = urlencode({"csrfmiddlewaretoken": self.token, **fields}).encode()
        return self._send(urllib.request.Request(self.site + path, data=body, method="POST"))

    def sign_in(self, email: str, password: str) -> Answer:
        """Open the sign-in page and send it; ends with a page seen, so that forms can be sent."""
        self.get("/accounts/login/")
        answer = self.post("/accounts/login/", login=email, password=password)
        assert answer.status == 302, f"sign-in answered {answer.status}"
        self.get("/profile/")
        return answer

    def _send(self, request: urllib.request.Request) -> Answer:
        request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        request.add_header("Referer", self.site + "/")
        try:
            with _opener.open(request, timeout=60) as response:
                return self._read(response)
        except urllib.error.HTTPError as response:
            return self._read(response)

    def _read(self, response: object) -> Answer:
        for header in response.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        text = response.read().decode(errors="replace")
        if found := re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text):
            self.token = found[1]
        return Answer(response.status, text, dict(response.headers))
