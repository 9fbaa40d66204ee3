"""Objects for tests: defaults make them valid, a test overrides what it is about."""

import hashlib
from datetime import date, timedelta
from functools import cache
from itertools import count

from django.utils import timezone

from assistants.models import Certificate, StaffFile, Training
from cases.models import Case, Identity, Matter
from enterprises.models import (
    AllocationRun,
    Doubt,
    Enterprise,
    Placement,
    StatusPeriod,
    Survey,
)
from gridinspect.accounts.models import Person, User
from gridinspect.accounts.roles import Role
from grids.models import (
    City,
    Grid,
    LeadingGroup,
    Office,
    Policy,
    Posting,
    RoadRange,
    Task,
    WorkPlan,
)
from grids.policy import parse_policy
from grids.services import tree
from grids.services.drafts import begin_draft
from grids.services.figures import mark_all_dirty
from grids.services.periods import open_periods
from grids.services.policies import SHIPPED, adopt_policy, create_version

serial = count(1)
LONG_AGO = date(2020, 1, 1)
TODAY = timezone.localdate


def make_city(name="郑州市", *, code=None, province="河南省"):
    code = code or f"41{next(serial):04}"
    city, _ = City.objects.get_or_create(
        code=code, defaults={"name": name, "province": province}
    )
    return city


def make_district(name="二七区", *, city=None, **fields):
    return make_grid(name, city=city or make_city(), kind="district", **fields)


def make_grid(name="淮河路街道", **asked):
    """Make a grid of the kind that usually stands below its parent.

    Writes what `tree.create_grid` does, without asking whether it may and without its
    trail and act: nearly every test begins here.
    """
    fields = grid_fields(name, **asked)
    parent = fields["parent"]
    if parent:
        parent.refresh_from_db()  # its place in the tree moves
    grid = Grid(
        **fields,
        district=parent.district if parent else None,
        pinyin=tree.initials(name),
    )
    grid.save()
    grid.path = f"{(parent or grid.city).path}{grid.pk}/"
    grid.district = parent.district if parent else grid
    Grid.objects.filter(pk=grid.pk).update(path=grid.path, district=grid.district)
    open_periods([grid.pk], parent, grid.opened_on)
    mark_all_dirty({grid.pk, *([parent.pk] if parent else [])}, grid.opened_on)
    return grid


def create_grid(name="淮河路街道", **asked):
    """Let the program add a grid, which may refuse it."""
    return tree.create_grid(by=User.objects.system(), **grid_fields(name, **asked))


def grid_fields(name, *, parent=None, city=None, kind=None, **fields):
    usual = {None: "district", "district": "street", "zone": "street"}
    return {
        "city": parent.city if parent else city or make_city(),
        "parent": parent,
        "name": name,
        "kind": kind or usual.get(parent and parent.kind, "community"),
        "code": f"G{next(serial):09}",
        "opened_on": LONG_AGO,
    } | fields


def make_person(name="陈小明", *, id_number="", phone="", **fields):
    person = Person(name=name, **fields)
    person.set_id_number(id_number)
    person.set_phone(phone)
    person.save()
    return person


def make_posting(person=None, *, grid=None, city=None, role=Role.ASSISTANT, **fields):
    """Post a person to a grid or a city."""
    return Posting.objects.create(
        person=person or make_person(),
        grid=grid,
        city=city,
        role=role,
        **{"since": LONG_AGO} | fields,
    )


def make_user(*, grid=None, city=None, role=Role.DISTRICT_BUREAU, **fields):
    """Make an account with a person, posted to a grid or city if one is given."""
    number = next(serial)
    person = make_person(f"测试员{number}")
    user = User.objects.create_user(f"user{number}", person=person, **fields)
    if grid or city:
        make_posting(person, grid=grid, city=city, role=role)
    return user


def make_enterprise(name=None, *, grid, since=LONG_AGO, **fields):
    """Make a unit with its first placement and status."""
    name = name or f"郑州测试{next(serial)}有限公司"
    unit = Enterprise.objects.create(
        name=name,
        name_key=name,
        pinyin=tree.initials(name),
        grid=grid,
        district=grid.district,
        known_since=since,
        recorded_by=User.objects.system(),
        **fields,
    )
    Placement.objects.create(
        enterprise=unit, district=grid.district, grid=grid, since=since
    )
    StatusPeriod.objects.create(enterprise=unit, status=unit.status, since=since)
    return unit


def make_survey(enterprise, *, surveyed_on=None, is_complete=True, **fields):
    """Make a survey that was handed in; complete unless said otherwise."""
    return Survey.objects.create(
        enterprise=enterprise,
        district=enterprise.district,
        surveyed_on=surveyed_on or TODAY(),
        state=Survey.State.FINAL,
        is_complete=is_complete,
        recorded_by=User.objects.system(),
        **fields,
    )


def make_policy(slug="erqi-2013"):
    """Load one of the shipped policies."""
    values, digest = shipped(slug)
    known = Policy.objects.filter(slug=values.id, version=values.version).first()
    return known or create_version(values, digest)


@cache
def shipped(slug):
    """Return the values of a shipped policy and the digest of its file."""
    document = (SHIPPED / f"{slug}.toml").read_bytes()
    return parse_policy(document), hashlib.sha256(document).hexdigest()


def make_adoption(district, slug="erqi-2013", *, since=LONG_AGO, programme_start=None):
    """Put a district under one of the shipped plans."""
    return adopt_policy(
        district=district,
        policy=make_policy(slug),
        since=since,
        programme_start=programme_start or since,
        by=User.objects.system(),
    )


def make_policy_draft(district, *, title="新方案"):
    """Begin to write a plan on the model of the district's own."""
    base = district.policies.order_by("since").last().policy
    admin = make_user(grid=district, role=Role.SYSTEM_ADMIN)
    return begin_draft(base=base, slug=base.slug, title=title, by=admin)


def make_certificate(person, *, valid_from=LONG_AGO, valid_until=date(2099, 12, 31)):
    """Give a person a 劳动保障监察证."""
    return Certificate.objects.create(
        person=person,
        kind=Certificate.Kind.FULL_TIME,
        number=f"ZJ{next(serial):06}",
        valid_from=valid_from,
        valid_until=valid_until,
    )


def make_matter(*, grid, kind="complaint", name="陈小明", **fields):
    """Make a complaint or report straight in the table, without its clock."""
    defaults = {
        "number": f"测试人社监登字〔2026〕第{next(serial)}号",
        "respondent_name": "郑州测试有限公司",
        "received_on": date(2026, 3, 2),
        "accept_due_on": date(2026, 3, 9) if kind == "complaint" else None,
        "channel": Matter.Channel.VISIT,
        "facts": "拖欠工资",
        "registered_by": User.objects.system(),
    }
    matter = Matter.objects.create(
        grid=grid, district=grid.district, kind=kind, **defaults | fields
    )
    Identity.objects.create(matter=matter, name=name, phone="19900001234")
    return matter


def make_case(*, grid, **fields):
    """Make a case straight in the table, without the services and the law."""
    defaults = {
        "number": f"测试人社监立字〔2026〕第{next(serial)}号",
        "enterprise": fields.get("enterprise") or make_enterprise(grid=grid),
        "source": Case.Source.PATROL,
        "cause": "拖欠工资",
        "filed_on": date(2026, 3, 2),
        "due_on": date(2026, 4, 1),
        "recorded_by": User.objects.system(),
    }
    return Case.objects.create(grid=grid, district=grid.district, **defaults | fields)


def make_staff(name="陈小明", *, grid=None, role=Role.ASSISTANT, **fields):
    """Make a personnel file, with a post on a grid if one is given."""
    person = make_person(name)
    if grid:
        make_posting(person, grid=grid, role=role)
    return StaffFile.objects.create(person=person, **fields)


def make_training(person, *, kind="pre_post", passed=True, finished_on=LONG_AGO):
    """Make a training that was passed; before the post unless said otherwise."""
    return Training.objects.create(
        person=person, kind=kind, passed=passed, finished_on=finished_on
    )


def make_road_range(grid, *, road="人民路", parity="all", first=1, last=99):
    """Say that these house numbers of a road lie in a grid."""
    return RoadRange.objects.create(
        grid=grid, road=road, parity=parity, first=first, last=last, since=LONG_AGO
    )


def make_office(*, grid=None, kind="squad", name=None, opened_on=LONG_AGO, **fields):
    """Put an office on a grid, or with city= on a city, straight in the table."""
    name = name or f"测试机构{next(serial)}"
    return Office.objects.create(
        grid=grid, kind=kind, name=name, opened_on=opened_on, **fields
    )


def make_group(*, grid=None, name=None, opened_on=LONG_AGO, **fields):
    """Set up a leading group, straight in the table."""
    name = name or f"测试领导小组{next(serial)}"
    return LeadingGroup.objects.create(
        grid=grid, name=name, opened_on=opened_on, **fields
    )


def make_work_plan(*, grid, begins_on=None, ends_on=None, **fields):
    """Plan the work of a grid: a year from today unless said otherwise."""
    begins_on = begins_on or TODAY()
    defaults = {
        "title": f"测试计划{next(serial)}",
        "content": "采集信息",
        "made_by": User.objects.system(),
    }
    return WorkPlan.objects.create(
        grid=grid,
        begins_on=begins_on,
        ends_on=ends_on or begins_on + timedelta(days=365),
        **defaults | fields,
    )


def make_task(*, grid, assignee=None, due_on=None, **fields):
    """Give a task in a grid, straight in the table; due in a week."""
    defaults = {
        "title": f"测试任务{next(serial)}",
        "assigned_by": User.objects.system(),
    }
    return Task.objects.create(
        grid=grid,
        assignee=assignee,
        due_on=due_on or TODAY() + timedelta(days=7),
        **defaults | fields,
    )


def make_doubt(
    enterprise, *, reason="地址中没有可以对应的街道、社区名称", candidates=()
):
    """Put a unit on the list of those whose grid a clerk decides."""
    return Doubt.objects.create(
        enterprise=enterprise, reason=reason, candidates=list(candidates)
    )


def make_allocation(district, *, by, **fields):
    """Make a run of 批量归格 that was tried and waits, straight in the table."""
    defaults = {"on": TODAY(), "state": AllocationRun.State.READY, "digest": "0"}
    return AllocationRun.objects.create(
        district=district, made_by=by, **defaults | fields
    )
