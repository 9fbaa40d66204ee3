"""Every statutory clock that runs in a person's places, as one queryset."""

from datetime import date, timedelta

from django.db.models import BooleanField, CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast

from cases.models import Case, Matter, Writ
from cases.rules import Urgency
from gridinspect.accounts.models import User

FIELDS = (
    "clock",
    "pk",
    "number",
    "unit",
    "grid_name",
    "since",
    "due",
    "provisional",
    "case_pk",
)
NAMES = {
    "T1": "受理",
    "T2": "立案",
    "T5": "调查",
    "T7": "处理决定",
    "T22": "限期改正",
}


def running(
    user: User,
    *,
    on: date,
    kind: str = "",
    urgency: str = "",
    provisional: bool = False,
) -> QuerySet:
    """Return the running clocks of a person's places, the nearest end first.

    Rows are dictionaries of FIELDS. One query, whatever the number of sources.
    """
    matters, cases = Matter.objects.visible_to(user), Case.objects.visible_to(user)
    waiting = matters.undecided().filter(accept_due_on__isnull=False)
    open_cases = cases.open()
    sources = {
        "T1": _matters("T1", waiting, due="accept_due_on"),
        "T2": _matters("T2", matters.to_file(), due="decided_on"),
        "T5": _cases("T5", open_cases.filter(decision_due_on=None), "due_on"),
        "T7": _cases(
            "T7", open_cases.filter(decision_due_on__isnull=False), "decision_due_on"
        ),
        "T22": _orders(Writ.objects.visible_to(user).awaiting_correction()),
    }
    chosen = [sources[kind]] if kind in sources else list(sources.values())
    narrowed = [
        _narrowed(source, on=on, urgency=urgency, provisional=provisional)
        for source in chosen
    ]
    first, *others = (source.values(*FIELDS) for source in narrowed)
    return first.union(*others, all=True).order_by("due", "clock", "pk")


def _matters(clock: str, matters: QuerySet, *, due: str) -> QuerySet:
    since = "received_on" if clock == "T1" else "decided_on"
    provisional = F("accept_due_is_provisional") if clock == "T1" else Value(False)
    return matters.order_by().annotate(
        clock=Value(clock, CharField()),
        unit=F("respondent_name"),
        grid_name=F("grid__name"),
        since=F(since),
        due=F(due),
        provisional=Cast(provisional, BooleanField()),
        case_pk=F("case__pk"),
    )


def _cases(clock: str, cases: QuerySet, due: str) -> QuerySet:
    since = "filed_on" if clock == "T5" else "investigation_ended_on"
    provisional = (
        "due_on_is_provisional" if clock == "T5" else "decision_due_is_provisional"
    )
    return cases.order_by().annotate(
        clock=Value(clock, CharField()),
        unit=F("enterprise__name"),
        grid_name=F("grid__name"),
        since=F(since),
        due=F(due),
        provisional=F(provisional),
        case_pk=F("pk"),
    )


def _orders(writs: QuerySet) -> QuerySet:
    return writs.order_by().annotate(
        clock=Value("T22", CharField()),
        unit=F("case__enterprise__name"),
        grid_name=F("case__grid__name"),
        since=F("issued_on"),
        due=F("correct_by"),
        provisional=Value(False, BooleanField()),
        case_pk=F("case_id"),
    )


def _narrowed(
    source: QuerySet, *, on: date, urgency: str, provisional: bool
) -> QuerySet:
    if provisional:
        source = source.filter(provisional=True)
    soon, later = on + timedelta(days=3), on + timedelta(days=10)
    wanted = {
        Urgency.OVERDUE.name: Q(due__lt=on),
        Urgency.TODAY.name: Q(due=on),
        Urgency.THREE_DAYS.name: Q(due__gt=on, due__lte=soon),
        Urgency.TEN_DAYS.name: Q(due__gt=soon, due__lte=later),
        Urgency.LATER.name: Q(due__gt=later),
    }
    return source.filter(wanted[urgency]) if urgency in wanted else source
