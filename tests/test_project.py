"""The tests of the whole: every URL, each role, and nothing of the neighbours'.

Two districts of one city hold one object of each kind: 二七, where the users of every
role are posted, and 惠济, whose names all contain a canary. A URL that nobody put into
one of the tables below fails the first test.
"""

import re
from dataclasses import dataclass, field
from types import SimpleNamespace
from unittest import mock

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client, override_settings
from django.urls import NoReverseMatch, get_resolver, reverse

from gridinspect.accounts.roles import Role
from gridinspect.jobs import services as jobs
from gridinspect.jobs.models import Job
from gridinspect.ui.registry import menu
from reports import tallies
from tests.enterprises.wages.made import make_unit_user
from tests.factories import TODAY, make_city, make_district, make_user
from tests.pages import rooms
from tests.support import (
    Page,
    make_closed_case,
    make_one_of_everything,
    text_of,
)

pytestmark = pytest.mark.django_db

CANARY = "金丝雀"
ABSENT = 987_654_321  # a key that no row has
HTMX = {"HX-Request": "true"}

# --- the tables -----------------------------------------------------------------------

PUBLIC = {"accounts:login", "health"}

# Pages and parts of pages that take no key, or one that belongs to no place.
KEYLESS = {
    "home": [],
    "accounts:password": [],
    "assistants:create": [],
    "assistants:establishment": [],
    "assistants:list": [],
    "audit:list": [],
    "cases:clocks": [],
    "cases:list": [],
    "cases:matters": [],
    "cases:register": ["complaint"],
    "documents:list": [],
    "documents:verify": [],
    "enterprises:add": [],
    "enterprises:allocation-add": [],
    "enterprises:allocations": [],
    "enterprises:doubts": [],
    "enterprises:doubts-settle": [],
    "enterprises:drafts": [],
    "enterprises:export": [],
    "enterprises:list": [],
    "enterprises:registry": [],
    "enterprises:registry-decide": [],
    "enterprises:registry-verify": [],
    "enterprises:road": [],
    "enterprises:road-print": [],
    "enterprises:roads": [],
    "enterprises:similar": [],
    "grids:account-open": [],
    "grids:accounts": [],
    "grids:adopt": [],
    "grids:adoptions": [],
    "grids:cities": [],
    "grids:create": [],
    "grids:drafts": [],
    "grids:list": [],
    "grids:map": [],
    "grids:options": [],
    "grids:policies": [],
    "grids:policy-compare": [],
    "grids:policy-upload": [],
    "grids:road-add": [],
    "grids:roads": [],
    "grids:tree": [],
    "grids:directory": [],
    "grids:directory-export": [],
    "grids:directory-reveal": [],
    "grids:duties": [],
    "grids:four-fixed": [],
    "grids:four-fixed-grids": [],
    "grids:four-fixed-posts": [],
    "grids:group-create": [],
    "grids:groups": [],
    "grids:office-create": [],
    "grids:offices": [],
    "grids:offices-missing": [],
    "grids:plan-create": [],
    "grids:plans": [],
    "grids:post-options": [],
    "grids:task-create": [],
    "grids:task-many": [],
    "grids:tasks": [],
    "imports:export": ["enterprises"],
    "imports:list": [],
    "imports:template": ["enterprises"],
    "imports:upload": ["enterprises"],
    "jobs:list": [],
    "reports:assessments": [],
    "reports:conformance": [],
    "reports:dashboard": [],
    "reports:letters": [],
    "reports:new": [],
    "reports:posters": [],
    "reports:programme": [],
    "reports:what-if": [],
    "reports:what-if-grids": [],
    "ui:style": [],
    "workdays:add": [],
    "workdays:list": [],
}

# Other values of their keys, walked like KEYLESS.
VARIANTS = [
    ("cases:register", ["report"], ""),
    ("imports:upload", ["staff"], ""),
    ("imports:upload", ["grids"], ""),
    ("imports:upload", ["registry"], ""),
    ("enterprises:registry", [], "part=ours"),
    ("enterprises:registry", [], "part=different"),
    ("imports:upload", ["roads"], ""),
    ("imports:template", ["staff"], ""),
    ("workdays:year", [2026], ""),
    ("workdays:edit", [2026], ""),
    ("cases:list", [], "page=2&page_size=20&sort=-filed_on"),
]

# A search for what only the neighbours have; {w} is the beginning of their names.
SEARCHES = [
    ("assistants:list", "q={w}"),
    ("audit:list", "q={w}&actor={w}&target={w}"),
    ("cases:list", "q={w}"),
    ("cases:matters", "q={w}"),
    ("documents:list", "q={w}&title={w}"),
    ("enterprises:export", "q={w}&name={w}"),
    ("enterprises:list", "q={w}&name={w}"),
    ("enterprises:doubts", "name={w}&reason={w}"),
    ("enterprises:roads", "road={w}"),
    ("enterprises:similar", "name={w}餐饮有限公司"),
    ("grids:accounts", "q={w}"),
    ("grids:adoptions", "district={w}"),
    ("grids:list", "q={w}"),
    ("grids:options", "q={w}"),
    ("grids:options", "q=jsq"),
    ("grids:offices", "q={w}"),
    ("grids:post-options", "q={w}"),
    ("grids:four-fixed-posts", "q={w}"),
    ("grids:tasks", "box=all&state=all&q={w}"),
    ("grids:directory", "of=posts&q={w}"),
    ("grids:directory", "of=leaders&q={w}"),
    ("grids:directory", "of=members&q={w}"),
    ("grids:directory", "of=offices&q={w}"),
    ("reports:assessments", "name={w}"),
    ("reports:letters", "name={w}&number={w}"),
    ("grids:roads", "road={w}"),
]

# Pages that can be asked for one place.
BY_PLACE = [
    "assistants:create",
    "assistants:establishment",
    "assistants:list",
    "cases:list",
    "cases:matters",
    "enterprises:add",
    "enterprises:doubts",
    "enterprises:doubts-settle",
    "enterprises:export",
    "enterprises:list",
    "enterprises:road",
    "enterprises:roads",
    "grids:adopt",
    "grids:create",
    "grids:directory",
    "grids:directory-export",
    "grids:duties",
    "grids:four-fixed",
    "grids:four-fixed-grids",
    "grids:four-fixed-posts",
    "grids:group-create",
    "grids:groups",
    "grids:list",
    "grids:map",
    "grids:office-create",
    "grids:offices",
    "grids:offices-missing",
    "grids:plan-create",
    "grids:plans",
    "grids:road-add",
    "grids:roads",
    "grids:task-create",
    "grids:task-many",
    "grids:tasks",
    "reports:assessments",
    "reports:conformance",
    "reports:dashboard",
    "reports:new",
    "reports:posters",
    "reports:programme",
    "reports:what-if",
]

# Keys of what belongs to no place: the law, and the calendar.
OF_NO_PLACE = {
    "grids:policy": lambda has: [has.district.policies.get().policy_id],
    "grids:policy-clone": lambda has: [has.district.policies.get().policy_id],
    "workdays:year": lambda has: [2026],
    "workdays:edit": lambda has: [2026],
}

# From the objects of a district to the arguments of each URL with a key.
SCOPED = {
    "assistants:certificate": lambda has: [has.staff.pk],
    "assistants:change": lambda has: [has.staff.pk],
    "assistants:detail": lambda has: [has.staff.pk],
    "assistants:end-post": lambda has: [has.posting.pk],
    "assistants:person": lambda has: [has.staff.person_id],
    "assistants:photo": lambda has: [has.staff.pk],
    "assistants:indexes": lambda has: [has.district.pk],
    "assistants:post": lambda has: [has.staff.pk],
    "assistants:reveal": lambda has: [has.staff.pk],
    "assistants:training": lambda has: [has.staff.pk],
    "cases:accept": lambda has: [has.complaint.pk],
    "cases:close": lambda has: [has.case.pk],
    "cases:correct": lambda has: [has.case.pk],
    "cases:decide_extension": lambda has: [has.extension.pk],
    "cases:decline": lambda has: [has.report.pk],
    "cases:detail": lambda has: [has.case.pk],
    "cases:end_investigation": lambda has: [has.case.pk],
    "cases:file": lambda has: [has.unit.pk],
    "cases:file_matter": lambda has: [has.complaint.pk],
    "cases:matter": lambda has: [has.complaint.pk],
    "cases:note_correction": lambda has: [has.writ.pk],
    "cases:propose_extension": lambda has: [has.case.pk],
    "cases:refuse": lambda has: [has.complaint.pk],
    "cases:reveal": lambda has: [has.report.pk],
    "documents:attachment": lambda has: [has.attachment.pk],
    "documents:detail": lambda has: [has.document.pk],
    "documents:download": lambda has: [has.document.pk],
    "enterprises:allocation": lambda has: [has.allocation.pk],
    "enterprises:allocation-apply": lambda has: [has.allocation.pk],
    "enterprises:allocation-discard": lambda has: [has.allocation.pk],
    "enterprises:allocation-undo": lambda has: [has.allocation.pk],
    "enterprises:blank-pdf": lambda has: [has.unit.pk],
    "enterprises:change": lambda has: [has.unit.pk],
    "enterprises:compare": lambda has: [has.unit.pk],
    "enterprises:detail": lambda has: [has.unit.pk],
    "enterprises:doubt": lambda has: [has.doubt.pk],
    "enterprises:draft-discard": lambda has: [has.draft.enterprise_id],
    "enterprises:registry-judge": lambda has: [has.registry_entry.pk, "verify"],
    "enterprises:registry-undo": lambda has: [has.registry_decision.pk],
    "enterprises:reveal": lambda has: [has.unit.pk],
    "enterprises:survey": lambda has: [has.survey.pk],
    "enterprises:survey-add": lambda has: [has.unit.pk],
    "enterprises:survey-pdf": lambda has: [has.survey.pk],
    "grids:account": lambda has: [has.account.pk],
    "grids:account-open-for": lambda has: [has.person_without_account.pk],
    "grids:account-post": lambda has: [has.account.pk],
    "grids:account-reset": lambda has: [has.account.pk],
    "grids:account-switch": lambda has: [has.account.pk],
    "grids:boundary": lambda has: [has.grid.pk],
    "grids:boundary-draw": lambda has: [has.grid.pk],
    "grids:boundary-upload": lambda has: [has.grid.pk],
    "grids:change": lambda has: [has.grid.pk],
    "grids:city": lambda has: [has.foreign_city.pk],
    "grids:codes": lambda has: [has.foreign_city.pk],
    "grids:codes-change": lambda has: [has.foreign_city.pk],
    "grids:close": lambda has: [has.grid.pk],
    "grids:adoption-end": lambda has: [has.district.policies.get().pk],
    "grids:detail": lambda has: [has.grid.pk],
    "grids:duty-end": lambda has: [has.duty.pk],
    "grids:group": lambda has: [has.group.pk],
    "grids:group-change": lambda has: [has.group.pk],
    "grids:group-close": lambda has: [has.group.pk],
    "grids:group-member": lambda has: [has.group.pk],
    "grids:member-end": lambda has: [has.member.pk],
    "grids:office": lambda has: [has.office.pk],
    "grids:office-asset": lambda has: [has.office.pk],
    "grids:office-asset-end": lambda has: [has.office_asset.pk],
    "grids:office-change": lambda has: [has.office.pk],
    "grids:office-close": lambda has: [has.office.pk],
    "grids:office-leader": lambda has: [has.office.pk],
    "grids:office-leader-end": lambda has: [has.office_leader.pk],
    "grids:plan": lambda has: [has.plan.pk],
    "grids:plan-change": lambda has: [has.plan.pk],
    "grids:task": lambda has: [has.task.pk],
    "grids:task-cancel": lambda has: [has.task.pk],
    "grids:task-change": lambda has: [has.task.pk],
    "grids:task-finish": lambda has: [has.task.pk],
    "grids:task-return": lambda has: [has.task.pk],
    "grids:duty-change": lambda has: [has.district.pk, "assistant"],
    "grids:draft": lambda has: [has.policy_draft.pk],
    "grids:draft-discard": lambda has: [has.policy_draft.pk],
    "grids:draft-publish": lambda has: [has.policy_draft.pk],
    "grids:draft-section": lambda has: [has.policy_draft.pk, "number"],
    "grids:merge": lambda has: [has.grid.pk],
    "grids:move": lambda has: [has.grid.pk],
    "grids:recode": lambda has: [has.grid.pk],
    "grids:road-change": lambda has: [has.road.pk],
    "grids:road-delete": lambda has: [has.road.pk],
    "grids:split": lambda has: [has.grid.pk],
    "grids:tiling": lambda has: [has.grid.pk],
    "grids:undo": lambda has: [has.grid.pk],
    "grids:posting-end": lambda has: [has.account_posting.pk],
    "reports:assess": lambda has: [has.grid.pk],
    "reports:assessment": lambda has: [has.assessment.pk],
    "reports:assessment-remedy": lambda has: [has.assessment.pk],
    "reports:city": lambda has: [has.foreign_city.code],
    "reports:city-rows": lambda has: [has.foreign_city.code, "acquired", "missing"],
    "reports:grid": lambda has: [has.grid.pk],
    "reports:letter-issue": lambda has: [has.grid.pk],
    "reports:programme-milestone": lambda has: [has.district.pk, "system"],
    "reports:programme-node": lambda has: [has.grid.pk],
    "reports:programme-report": lambda has: [
        has.district.pk,
        "erqi-2013",
        "requirements",
        "body",
    ],
    "reports:poster-hang": lambda has: [has.grid.pk, "poster_map"],
    "reports:poster-make": lambda has: [has.grid.pk],
    "reports:poster-node": lambda has: [has.grid.pk],
    "reports:poster-take-down": lambda has: [has.hanging.pk],
    "reports:grid-rows": lambda has: [has.grid.pk, "acquired", "missing"],
}

# By a person, not by a place; administrators see those of their places.
OWNED = {
    "imports:confirm": lambda has: [has.batch.pk],
    "imports:decide": lambda has: [has.batch.pk],
    "imports:detail": lambda has: [has.batch.pk],
    "imports:discard": lambda has: [has.batch.pk],
    "imports:layout": lambda has: [has.batch.pk],
    "imports:returned": lambda has: [has.batch.pk],
    "imports:undo": lambda has: [has.batch.pk],
    "jobs:cancel": lambda has: [has.job.pk],
    "jobs:detail": lambda has: [has.job.pk],
}
# Without a key and without a page: what they change is the user's own.
OWN_ACTS = {"accounts:logout", "ui:columns", "ui:filter-save", "ui:text-size"}

POST_ONLY = OWN_ACTS | {
    "enterprises:registry-judge",
    "enterprises:registry-undo",
    "enterprises:allocation-apply",
    "enterprises:allocation-discard",
    "enterprises:allocation-undo",
    "enterprises:draft-discard",
    "grids:account-reset",
    "grids:account-switch",
    "grids:draft-discard",
    "grids:road-delete",
    "grids:undo",
    "imports:confirm",
    "imports:decide",
    "imports:discard",
    "imports:undo",
    "jobs:cancel",
}

# Reading these is an act with a trail of its own, so they write on GET.
TRACED_READING = {
    "imports:returned",
    "documents:download",
    "enterprises:export",
    "grids:directory-export",
    "imports:export",
}

for room in rooms():
    PUBLIC |= room.public
    KEYLESS |= room.keyless
    VARIANTS += room.variants
    SEARCHES += room.searches
    BY_PLACE += room.by_place
    OF_NO_PLACE |= room.of_no_place
    SCOPED |= room.scoped
    OWNED |= room.owned
    POST_ONLY |= room.post_only
    TRACED_READING |= room.traced_reading

KEYED = SCOPED | OWNED


def named_urls(resolver=None, namespace=""):
    """Yield the full name of every URL."""
    for entry in (resolver or get_resolver()).url_patterns:
        if hasattr(entry, "url_patterns"):
            inner = f"{entry.namespace}:" if entry.namespace else namespace
            yield from named_urls(entry, inner)
        else:
            yield f"{namespace}{entry.name}"


def test_every_url_is_classified():
    known = PUBLIC | OWN_ACTS | set(KEYLESS) | set(OF_NO_PLACE) | set(KEYED)
    named = set(named_urls())
    assert named - known == set(), "put each of these into a table of this module"
    assert known - named == set(), "these are gone"


def test_every_url_has_one_name():
    names = list(named_urls())
    assert sorted(names) == sorted(set(names))


# --- two districts --------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a page said, kept without what is new each time it is drawn."""

    status: int
    text: str = ""
    headers: dict = field(default_factory=dict)
    form: object = None
    fault: str = ""


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    """Make both districts and read every page once; all tests of this module look.

    `before` is what each keyless page said when the neighbours had nothing yet, `after`
    what it said then, `own` what the pages of our own objects said. The later two are
    read in a transaction that cannot write.
    """
    files = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("files"))
    hours = mock.patch("gridinspect.accounts.middleware.STEP", 3 * 3600)
    with django_db_blocker.unblock(), transaction.atomic(), files, hours:
        yield build_world()
        transaction.set_rollback(True)


def build_world():
    city = make_city("郑州市", code="410100")
    erqi = make_district("二七区", city=city, code="410103")
    huiji = make_district("惠济区", city=city, code="410108")
    ours = make_one_of_everything(erqi, word="麻雀", letters="MQ")
    ours.foreign_city = city
    make_closed_case(ours, on=TODAY())
    users = {role: make_user(grid=erqi, role=role) for role in Role}
    # He is posted in one unit and in no grid: to him everything else is a neighbour's.
    users[Role.ENTERPRISE_ASSISTANT] = make_unit_user(ours.unit)
    clients = {role: signed_in(user) for role, user in users.items()}
    tallies.recount(erqi, TODAY())
    pages = keyless_pages()
    before = {role: crawled(client, pages) for role, client in clients.items()}
    theirs = make_one_of_everything(huiji, word=CANARY, letters="JSQ")
    theirs.foreign_city = make_city("开封市", code="410200")
    make_closed_case(theirs, on=TODAY())
    tallies.recount(huiji, TODAY())
    objects = pages_of(ours)
    return SimpleNamespace(
        city=city,
        ours=ours,
        theirs=theirs,
        users=users,
        clients=clients,
        before=before,
        after={role: crawled(client, pages) for role, client in clients.items()},
        own={role: crawled(client, objects) for role, client in clients.items()},
    )


def signed_in(user):
    client = Client()
    client.force_login(user)
    client.get(reverse("jobs:list"))  # the session notes its beginning
    return client


def keyless_pages():
    """Return {address: name} of every page that takes no key of a place."""
    pages = {
        reverse(name, args=args): name
        for name, args in KEYLESS.items()
        if name not in POST_ONLY
    }
    for name, args, query in VARIANTS:
        pages[f"{reverse(name, args=args)}?{query}"] = name
    return pages


def pages_of(has):
    """Return {address: name} of every page about an object of a district."""
    keyed = KEYED | OF_NO_PLACE
    return {
        reverse(name, args=of(has)): name
        for name, of in keyed.items()
        if name not in POST_ONLY
    }


def crawled(client, pages):
    """Read pages, and return {address: Answer}."""
    return {
        url: read(client, url, writes=name in TRACED_READING)
        for url, name in pages.items()
    }


def read(client, url, *, writes):
    """Read one page in a transaction that cannot write, unless it is known to."""
    try:
        with transaction.atomic():
            if not writes:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION READ ONLY")
            response = client.get(url)
            transaction.set_rollback(True)  # the trail of this look is not looked at
            context = response.context or {}
            return Answer(
                response.status_code,
                steady(text_of(response)),
                dict(response.headers),
                context.get("form"),
            )
    except Exception as fault:  # a test tells of it
        return Answer(500, fault=f"{type(fault).__name__}: {fault}"[:300])


def steady(text):
    """Take out of a page what is new each time it is drawn."""
    text = re.sub(r'"csrfmiddlewaretoken" value="\w+"', "", text)
    text = re.sub(r'"X-CSRFToken": "\w+"', "", text)
    text = re.sub(r"\d{8}-[0-9A-F]{6}", "", text)  # the number of an error
    text = re.sub(r'(name="(?:send_)?key" value=")[\w-]+', r"\1", text)
    return re.sub(r"<dcterms:\w+[^>]*>[^<]*", "", text)  # when a workbook was made


ROLES = pytest.mark.parametrize("role", list(Role))


@pytest.fixture
def client_of(world, db):
    return world.clients.__getitem__


# --- the neighbours -------------------------------------------------------------------


def absent(args):
    """Return the arguments of the same URL for a key that no row has."""
    key = ABSENT if isinstance(args[0], int) else "999999"
    return [key, *args[1:]]


@ROLES
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_belongs_to_the_neighbours_does_not_exist(role, method, world, client_of):
    ask, wrong = getattr(client_of(role), method), {}
    for name, of in KEYED.items():
        args = of(world.theirs)
        response = ask(reverse(name, args=args))
        wanted = {404} if method == "get" and name not in POST_ONLY else {404, 405}
        if response.status_code not in wanted:
            wrong[name] = response.status_code
        elif method == "post" and name not in POST_ONLY:
            continue  # reading and writing fetch the object by the same lines
        elif answer(response) != answer(ask(reverse(name, args=absent(args)))):
            wrong[name] = "differs from the answer for a key that does not exist"
    assert wrong == {}


def answer(response):
    """Return status, headers and body without the number of the error."""
    headers = dict(response.headers)
    for name in ("X-Error-Number", "Content-Length"):
        headers.pop(name, None)
    return response.status_code, headers, steady(text_of(response))


@ROLES
def test_no_search_finds_what_the_neighbours_have(role, world, client_of):
    told = {}
    for name, query in SEARCHES:
        url = f"{reverse(name, args=KEYLESS[name])}?{query.format(w=CANARY)}"
        text = steady(text_of(client_of(role).get(url)))
        text = text.replace(f'value="{CANARY}"', "")
        text = re.sub(rf"[\w=&?%.+-]*{CANARY}(?=[&\"])", "", text)
        if re.search(rf"{CANARY}\w", text) or "JSQ" in text:
            told[url] = re.findall(rf".{{30}}(?:{CANARY}\w|JSQ).{{30}}", text)
        if counted := re.search(r"共\s*(?:<b>)?([1-9][\d,]*)", text):
            told[url] = counted[0]
    assert told == {}


@ROLES
def test_what_the_neighbours_do_changes_no_page(role, world):
    changed = {}
    for url, now in world.after[role].items():
        before = world.before[role][url]
        if (before.status, before.text) != (now.status, now.text):
            changed[url] = first_difference(before, now)
    assert changed == {}


def first_difference(before, now):
    if before.status != now.status:
        return f"{before.status} became {now.status}"
    pairs = zip(before.text.splitlines(), now.text.splitlines(), strict=False)
    return next((f"{a!r} became {b!r}" for a, b in pairs if a != b), "length")


@ROLES
def test_no_page_names_the_neighbours(role, world):
    read = world.after[role] | world.own[role]
    named = [
        url for url, now in read.items() if CANARY in now.text or "JSQ" in now.text
    ]
    assert named == []


@ROLES
def test_no_tree_opens_below_the_neighbours(role, world, client_of):
    theirs, client = world.theirs, client_of(role)
    for grid in (theirs.district, theirs.street, theirs.grid):
        for query in (f"below={grid.pk}", f"at={grid.pk}"):
            text = text_of(client.get(f"{reverse('grids:tree')}?{query}"))
            assert CANARY not in text
            assert "惠济" not in text


@ROLES
def test_a_page_asked_for_the_neighbours_place_shows_nothing_of_theirs(
    role, world, client_of
):
    theirs, told = world.theirs, {}
    for name in BY_PLACE:
        for query in (
            f"grid={theirs.grid.code}",
            f"grid={theirs.grid.pk}&parent={theirs.grid.pk}",
            f"city={world.city.code}&district={theirs.district.pk}",
        ):
            url = reverse(name, args=KEYLESS[name])
            response = client_of(role).get(f"{url}?{query}", follow=True)
            if response.status_code not in (200, 400, 403, 404):
                told[url, query] = response.status_code
            elif re.search(rf"{CANARY}|JSQ\d\d(?![\"&])", steady(text_of(response))):
                told[url, query] = "named"
    assert told == {}


@ROLES
def test_no_form_takes_an_object_of_the_neighbours(role, world, client_of):
    theirs, taken = world.theirs, {}
    foreign = {
        "Grid": theirs.grid,
        "Person": theirs.staff.person,
        "Enterprise": theirs.unit,
        "City": theirs.foreign_city,
    }
    for url, now in (world.after[role] | world.own[role]).items():
        for name, entry in getattr(now.form, "fields", {}).items():
            queryset = getattr(entry, "queryset", None)
            other = (
                foreign.get(queryset.model.__name__) if queryset is not None else None
            )
            if other and queryset.filter(pk=other.pk).exists():
                taken[url, name] = str(other)
    assert taken == {}


def test_a_long_export_holds_only_the_owners_rows(world, db, settings, tmp_path):
    from enterprises.tasks import export_later
    from gridinspect.documents.models import ArchivedDocument

    settings.MEDIA_ROOT = tmp_path
    job = export_later(
        by=world.users[Role.DISTRICT_BUREAU], asked=QueryDict(), at=None, shown=["name"]
    )
    jobs.run(job.pk)

    job = Job.objects.get(pk=job.pk)
    assert job.state == Job.State.DONE, job.message
    document = ArchivedDocument.objects.latest("pk")
    with document.file.open("rb") as file:
        text = text_of(SimpleNamespace(streaming=False, content=file.read()))
    assert "麻雀餐饮有限公司" in text
    assert CANARY not in text


@pytest.mark.parametrize("kind", ["staffing", "acquisition"])
@pytest.mark.parametrize("form", ["xlsx", "pdf"])
def test_a_report_for_the_neighbours_place_is_refused(
    kind, form, world, client_of, django_capture_on_commit_callbacks
):
    client, theirs = client_of(Role.DISTRICT_BUREAU), world.theirs
    for place in (f"grid-{theirs.grid.pk}", f"city-{world.city.pk}"):
        before = Job.objects.count()
        asked = {"kind": kind, "place": place, "on": TODAY(), "form": form}
        response = client.post(reverse("reports:new"), asked)
        assert response.status_code == 200
        assert response.context["form"].errors["place"]
        assert Job.objects.count() == before


# --- one's own ------------------------------------------------------------------------


@ROLES
def test_no_page_breaks_or_writes_when_read(role, world):
    read = world.before[role] | world.after[role] | world.own[role]
    assert {url: now.fault for url, now in read.items() if now.fault} == {}
    known = {200, 302, 403, 404}
    assert {
        url: now.status for url, now in read.items() if now.status not in known
    } == {}


@ROLES
def test_the_menu_leads_only_to_pages_one_may_open(role, world, client_of):
    sections = menu.for_user(world.users[role], "/")
    urls = [item.url for _, items in sections for item in items]
    assert urls
    answers = {url: client_of(role).get(url, follow=True).status_code for url in urls}
    assert {url: code for url, code in answers.items() if code != 200} == {}


def test_every_menu_entry_has_a_page():
    lost = []
    for entry in menu.entries:
        try:
            reverse(entry.url_name)
        except NoReverseMatch:
            lost.append(entry.url_name)
    assert lost == []


@ROLES
def test_every_link_on_the_first_pages_leads_somewhere(role, world, client_of):
    home = reverse("home")
    sections = menu.for_user(world.users[role], home)
    first = [home, *(item.url for _, items in sections for item in items)]
    dead, followed = {}, set()
    for page in first:
        for link in Page(world.after[role][page].text).local_links:
            if shape(link) in followed or link.startswith("/static/"):
                continue
            followed.add(shape(link))
            response = client_of(role).get(link)
            b"".join(response)  # it may be a photograph: a file is closed when read
            if response.status_code not in (200, 302):
                dead[page, link] = response.status_code
    assert dead == {}


def shape(link):
    """Return what links of one kind have in common: the page, and what is asked."""
    path, _, query = link.partition("?")
    names = frozenset(part.partition("=")[0] for part in query.split("&"))
    return re.sub(r"\d+", "0", path), names


# --- every answer ---------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(KEYLESS) | OWN_ACTS - {"accounts:logout"}))
def test_a_page_asks_for_a_sign_in(name, client, db):
    url = reverse(name, args=KEYLESS.get(name, []))
    assert client.get(url).headers["Location"].startswith(reverse("accounts:login"))
    response = client.get(url, headers=HTMX)
    assert response.headers["HX-Redirect"] == reverse("accounts:login")


@pytest.mark.parametrize("name", sorted(KEYED | OF_NO_PLACE))
def test_a_page_with_a_key_asks_for_a_sign_in(name, world, client, db):
    url = reverse(name, args=(KEYED | OF_NO_PLACE)[name](world.ours))
    for ask in (client.get, client.post):
        response = ask(url)
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse("accounts:login"))


def test_every_answer_carries_the_headers_of_safety(world, client, db):
    answers = {}
    for role in Role:
        for url, now in (world.after[role] | world.own[role]).items():
            answers[role, url] = now.headers
    for url in (reverse("accounts:login"), reverse("home"), "/no-such-page/"):
        answers["nobody", url] = client.get(url).headers
    wrong = {
        where: name
        for where, headers in answers.items()
        for name, holds in SAFETY.items()
        if not holds(headers.get(name, ""))
    }
    assert wrong == {}


SAFETY = {
    "Content-Security-Policy": lambda value: (
        "default-src 'none'" in value and "unsafe" not in value
    ),
    "X-Content-Type-Options": lambda value: value == "nosniff",
    "X-Frame-Options": lambda value: value == "DENY",
    "Referrer-Policy": lambda value: value == "same-origin",
    "Cross-Origin-Opener-Policy": lambda value: value == "same-origin",
    "Cache-Control": lambda value: "no-store" in value,
}


@pytest.mark.parametrize("status", [400, 403, 404, 405, 500, 503])
def test_an_error_is_told_in_chinese_without_a_trace(
    status, client, monkeypatch, caplog
):
    from django.core.exceptions import BadRequest, PermissionDenied
    from django.db import OperationalError
    from django.http import Http404, HttpResponseNotAllowed

    def fail(request):
        raise {
            400: BadRequest("secret detail"),
            403: PermissionDenied("secret detail"),
            404: Http404("secret detail"),
            500: RuntimeError("secret detail"),
            503: OperationalError("secret detail"),
        }[status]

    fail.login_required = False
    answer_it = (lambda _: HttpResponseNotAllowed(["POST"])) if status == 405 else fail
    answer_it.login_required = False
    monkeypatch.setattr(login_pattern(), "callback", answer_it)
    client.raise_request_exception = False
    response = client.get(reverse("accounts:login"))

    text = response.content.decode()
    assert response.status_code == status
    assert "secret detail" not in text
    assert "Traceback" not in text
    if status >= 500:  # the administrator finds the cause under the number
        number = response.headers["X-Error-Number"]
        assert f"{number} {status} GET" in caplog.text
        assert "Error: secret detail" in caplog.text
    if status != 405:
        assert re.search("[\u4e00-\u9fff]{4}", text)
        assert response.headers["X-Error-Number"] in text


def login_pattern():
    (pattern,) = [
        one
        for entry in get_resolver().url_patterns
        for one in getattr(entry, "url_patterns", [])
        if getattr(one, "name", "") == "login"
    ]
    return pattern


# --- words and code -------------------------------------------------------------------

# Words in Latin letters that people in the field use themselves, names of files, of
# accounts and of policies, codes, and the headers that other systems give columns.
LATIN = re.compile(
    r"""PDF|JPG|PNG|XLSX?|CSV|GeoJSON|KML|CGCS2000
    |Excel|SHA-256|UTF-8|\b(?:user\d+|account-\w+|system|xls[xm]?|ods|csv|pdf)\b
    |\b[a-z]+-(?:\d{4}|plan)\b|\bnational\b|\b[0-9a-f]{16,}\b|[A-Z\d]{4}(?:-[A-Z\d]{4})+
    |\b[A-Z]{1,5}-\d\w*|YYYY-MM-DD""",
    re.VERBOSE,
)
SYNONYMS = ["uscc", "code", "level", "name", "parent", "parentcode", "gender", "phone"]


@ROLES
def test_no_english_is_left_on_a_page(role, world):
    found = {}
    for url, now in (world.after[role] | world.own[role]).items():
        if not now.headers.get("Content-Type", "").startswith("text/html"):
            continue
        if url == reverse("ui:style"):
            continue
        for words in Page(now.text).words:
            left = re.findall(r"[A-Za-z]{3,}", LATIN.sub("", words))
            if any(word not in SYNONYMS or "、" not in words for word in left):
                found.setdefault(url, set()).add(words[:80])
    assert found == {}


def test_no_migration_is_missing(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
