"""A browser without script: keeps cookies, follows redirects, fills and sends the forms that a page holds."""

from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPMessage, HTTPResponse
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from lxml import html


@dataclass
class Page:
    """What came back."""

    address: str
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def tree(self) -> Any:
        return html.fromstring(self.body)

    @property
    def text(self) -> str:
        """What a reader sees, blanks joined."""
        return " ".join(self.tree.text_content().split())

    @property
    def heading(self) -> str:
        return " ".join(self.tree.xpath("string(//h1)").split())

    @property
    def title(self) -> str:
        return str(self.tree.xpath("string(//title)")).strip()


def _filled(form: Any, button: str) -> dict[str, str]:
    """What a form sends as it stands: what is not ticked stays out, and a button may have a value of its own."""
    sent = {}
    for item in form.xpath(".//input[@name]"):
        if item.get("type") not in {"radio", "checkbox"} or item.get("checked") is not None:
            sent[item.get("name")] = item.get("value") or ""
    for choice in form.xpath(".//select[@name]"):
        chosen = choice.xpath("./option[@selected]") or choice.xpath("./option")
        sent[choice.get("name")] = chosen[0].get("value") or ""
    for pressed in form.xpath(f".//button[@name][normalize-space()='{button}']"):
        sent[pressed.get("name")] = pressed.get("value") or ""
    return sent


@dataclass
class Browser:
    """One person's browser at one server."""

    host: str
    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    page: Page | None = None

    def get(self, path: str, **headers: str) -> Page:
        """Open an address, following redirects."""
        return self._go("GET", path, None, headers)

    def begins(self, path: str) -> int:
        """Open an address whose answer may have no end; return its status."""
        connection, answer = self._asked("GET", path, None, {})
        connection.close()
        return answer.status

    def head(self, path: str, **headers: str) -> Page:
        """Ask for the head of what is at an address."""
        return self._go("HEAD", path, None, headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Page:
        """Send fields to an address, following redirects."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"} | headers
        return self._go("POST", path, urlencode(fields).encode(), sent)

    def submit(self, button: str, **fields: str) -> Page:
        """Fill and send the form of the present page that has a button of that name."""
        assert self.page is not None
        [form] = self.page.tree.xpath(f"//form[.//button[normalize-space()='{button}']]")
        return self.post(urljoin(self.page.address, form.get("action") or ""), _filled(form, button) | fields)

    def _go(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Page:
        page = self._once(method, path, body, headers)
        while page.status in {301, 302, 303}:
            path = urljoin(path, page.headers["Location"])
            page = self._once("GET", path, None, {})
        self.page = page
        return page

    def _asked(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[HTTPConnection, HTTPResponse]:
        connection = HTTPConnection(self.host, self.port, timeout=10)
        parts = urlsplit(path)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        given = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        connection.request(method, target, body, given | headers)
        return connection, connection.getresponse()

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Page:
        connection, answer = self._asked(method, path, body, headers)
        parts = urlsplit(path)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        page = Page(target, answer.status, answer.headers, answer.read())
        connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies.pop(name, None)
            if value.strip('"'):
                self.cookies[name] = value
        return page
