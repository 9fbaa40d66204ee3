"""A real Chromium for tests, and visitors whose every page is watched.

A visitor remembers what went wrong on any page he saw: errors on the console, breaches
of the content security policy, requests that left this machine, answers of 500.
"""

import os
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import sync_playwright

from gridinspect.accounts.models import User
from tests.browser_gate import chromium

# Playwright runs a loop of its own in this thread; Django takes that for async code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

AXE = settings.BUILD_DIR / "vendor-dev" / "axe-core" / "axe.min.js"
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
WATCH = """
window.breaches = [];
document.addEventListener("securitypolicyviolation", event =>
  window.breaches.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


class Visitor:
    """One person before a browser."""

    def __init__(self, browser, live_server, user):
        self.address, self.faults = live_server.url, []
        self.context = browser.new_context(
            viewport=DESK, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        self.context.set_default_timeout(15_000)
        self.context.add_init_script(WATCH)
        if user:
            client = Client()
            client.force_login(user)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            self.context.add_cookies(
                [
                    {
                        "name": settings.SESSION_COOKIE_NAME,
                        "value": cookie,
                        "url": self.address,
                    }
                ]
            )
        self.page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._note(str(error)))
        self.page.on("request", self._see_request)
        self.page.on("response", self._see_response)

    def _note(self, fault):
        self.faults.append(f"{urlsplit(self.page.url).path}: {fault}")

    def _hear(self, message):
        if message.type in ("error", "warning"):
            self._note(message.text)

    def _see_request(self, request):
        outside = urlsplit(request.url)
        if outside.scheme in ("http", "https") and not request.url.startswith(
            self.address
        ):
            self._note(f"asked {request.url}")

    def _see_response(self, response):
        if response.status >= 500:
            self._note(f"{response.status} {response.url}")

    def open(self, path):
        """Open an address of the program, or the next page after a click."""
        self.page.goto(f"{self.address}{path}")
        return self.page

    def note_breaches(self):
        for breach in self.page.evaluate("window.breaches"):
            self._note(f"content security policy: {breach}")

    def leave(self):
        self.context.close()


@pytest.fixture(scope="session")
def chrome():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or chromium(),
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chrome, live_server):
    """Return a function that lets a user visit; afterwards nothing may be noted."""
    visitors = []

    def arrive(user: User | None = None) -> Visitor:
        visitors.append(Visitor(chrome, live_server, user))
        return visitors[-1]

    yield arrive
    faults = []
    for visitor in visitors:
        visitor.note_breaches()
        faults += visitor.faults
        visitor.leave()
    assert faults == []
