"""我的网格: the units that a visitor looks after, those first that wait longest."""

from dataclasses import dataclass
from datetime import date

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    IntegerField,
    Max,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.utils import timezone

from cases.visits.models import Hazard, Visit
from enterprises.freshness import districts_of, freshness_days
from enterprises.models import Enterprise, EnterpriseQuerySet
from enterprises.supervision.models import KeyEntry, Rating
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.scope import within_paths
from grids.models import Task

MOST = 3000  # units that are put in order; more are chosen by grid first


@dataclass(frozen=True, slots=True)
class Why:
    """Why a unit waits for a visit."""

    word: str
    tone: str


def own_units(user: User) -> EnterpriseQuerySet:
    """Return the open units where the user records visits."""
    paths = user.scope_paths(Permission.VISIT_RECORD)
    visible = Enterprise.objects.visible_to(user).known()
    return visible.filter(within_paths(paths, "grid__path"))


def with_reasons(units: EnterpriseQuerySet, user: User, today: date):
    """Note of each unit what waits there, and put the most urgent first."""
    days = freshness_days(districts_of(user, Permission.VISIT_RECORD), today)
    hazards = Hazard.objects.open().filter(enterprise=OuterRef("pk"))
    tasks = (
        Task.objects.of(user)
        .open()
        .filter(about_type="enterprises.enterprise", about_id=OuterRef("pk"))
    )
    last = (
        Visit.objects.filter(enterprise=OuterRef("pk"))
        .order_by()
        .values("enterprise")
        .annotate(last=Max("visited_at"))
        .values("last")
    )
    keys = KeyEntry.objects.on(today).filter(enterprise=OuterRef("pk"))
    ratings = Rating.objects.in_force(today).filter(enterprise=OuterRef("pk"))
    fresh = Enterprise.objects.filter(pk=OuterRef("pk")).fresh(on=today, days=days)
    noted = units.for_list().annotate(
        last_visit=Subquery(last),
        has_hazard=Exists(hazards),
        has_task=Exists(tasks),
        is_key=Exists(keys),
        grade=Subquery(ratings.values("grade")[:1]),
        is_fresh=Exists(fresh, output_field=BooleanField()),
    )
    return noted.annotate(
        turn=Case(
            When(has_hazard=True, then=Value(0)),
            When(has_task=True, then=Value(1)),
            When(last_surveyed=None, then=Value(2)),
            When(is_fresh=False, then=Value(3)),
            default=Value(4),
            output_field=IntegerField(),
        )
    ).order_by("turn", "last_visit", "pk")


def due(user: User, today: date) -> EnterpriseQuerySet:
    """Return the own units that wait: a hazard or task open, no survey that counts."""
    days = freshness_days(districts_of(user, Permission.VISIT_RECORD), today)
    hazards = Hazard.objects.open().filter(enterprise=OuterRef("pk"))
    units = own_units(user)
    stale = units.not_fresh(on=today, days=days).values("pk")
    return units.filter(Q(pk__in=stale) | Q(Exists(hazards)))


def reasons(unit) -> list[Why]:
    """Return why a unit waits, in words, and how closely it is supervised."""
    found = []
    if unit.is_key:
        found.append(Why("重点单位", "warning"))
    if unit.grade:
        found.append(Why(f"{unit.grade}级", "danger" if unit.grade == "C" else "plain"))
    if unit.has_hazard:
        found.append(Why("隐患未消除", "notice"))
    if unit.has_task:
        found.append(Why("有任务", "info"))
    if unit.last_surveyed is None:
        found.append(Why("未采集", "notice"))
    elif not unit.is_fresh:
        found.append(Why("采集过期", "notice"))
    return found


def told(unit) -> dict[str, object]:
    """Return what a phone keeps of a unit: no person, no telephone number."""
    last = timezone.localdate(unit.last_visit).isoformat() if unit.last_visit else ""
    return {
        "id": unit.pk,
        "name": unit.name,
        "address": unit.address,
        "grid": unit.grid.name,
        "last": last,
        "why": [why.word for why in reasons(unit)],
    }
