"""Every page fits the screens of the field and can be read by everybody."""

import pytest
from django.test import Client
from django.urls import reverse

from gridinspect.accounts.roles import Role
from reports import tallies
from tests.browser.conftest import AXE, DESK, PHONE
from tests.factories import TODAY, make_city, make_district, make_user
from tests.support import make_closed_case, make_one_of_everything
from tests.test_project import TRACED_READING, keyless_pages, pages_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
ROLES = [
    Role.DISTRICT_BUREAU,
    Role.LEADER,
    Role.INTAKE,
    Role.FULL_TIME_INSPECTOR,
    Role.SYSTEM_ADMIN,
    Role.AUDITOR,
    Role.CITY_BUREAU,
]
WIDTH = "document.documentElement.scrollWidth"
WIDEST = """
[...document.querySelectorAll("body *")]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1
                 && !one.closest(".gi-scroll, .gi-nav"))
  .slice(0, 3).map(one => one.tagName + "." + one.className)
"""
CHECK = """
async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .filter(one => ["serious", "critical"].includes(one.impact))
  .map(one => `${one.id}: ${one.nodes.slice(0, 3).map(node => node.html).join(" ")}`)
"""


@pytest.fixture
def pages(transactional_db):
    """Return {user: [(address, whether its template is new)]}, each page once."""
    city = make_city("郑州市", code="410100")
    district = make_district("二七区", city=city, code="410103")
    ours = make_one_of_everything(district, word="麻雀", letters="MQ")
    ours.foreign_city = city
    make_closed_case(ours, on=TODAY())
    tallies.recount(district, TODAY())
    seen, templates, found = set(), set(), {}
    for role in ROLES:
        place = {"city": city} if role == Role.CITY_BUREAU else {"grid": district}
        user = make_user(role=role, **place)
        client = Client()
        client.force_login(user)
        for url, name in (keyless_pages() | pages_of(ours)).items():
            if url in seen or name in TRACED_READING or ".pdf" in url:
                continue
            response = client.get(url)
            if response.status_code != 200 or not response.templates:
                continue
            seen.add(url)
            template = response.templates[0].name
            if "/_" not in template:  # a part of a page
                found.setdefault(user, []).append((url, template not in templates))
                templates.add(template)
    return found


def test_every_page_fits_the_screens_and_passes_axe(pages, visit):
    wide, barred = [], []
    for user, addresses in pages.items():
        visitor = visit(user)
        for url, is_new in addresses:
            page = visitor.open(url)
            if is_new:
                page.evaluate(AXE.read_text())
                barred += [f"{url} {fault}" for fault in page.evaluate(CHECK)]
            for screen in (DESK, PHONE):
                page.set_viewport_size(screen)
                if page.evaluate(WIDTH) > screen["width"]:
                    wide.append((url, screen["width"], page.evaluate(WIDEST)))
            page.set_viewport_size(DESK)
            visitor.note_breaches()
    assert (wide, barred) == ([], [])


def test_the_pages_for_strangers_fit_and_pass_axe(visit, transactional_db):
    visitor = visit()
    page = visitor.open(reverse("accounts:login"))
    page.evaluate(AXE.read_text())
    assert page.evaluate(CHECK) == []
    for screen in (DESK, PHONE):
        page.set_viewport_size(screen)
        assert page.evaluate(WIDTH) <= screen["width"]
