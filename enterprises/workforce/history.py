"""What the file of a unit tells of its workers, filings and papers on the timeline."""

from collections.abc import Iterator
from itertools import chain

from django.db.models import Count, Max
from django.db.models.functions import TruncMonth

from enterprises.models import Enterprise
from enterprises.workforce.models import Agreement, Filing, PayrollReturn, Worker
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.ui.registry import TimelineEntry

MOST = 200  # of each kind, the newest


def on_timeline(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    """Show filings, papers, returns, and who came and left by month. Five queries."""
    if not user.holds(Permission.WORKFORCE_VIEW):
        return iter(())
    return chain(
        _filings(user, unit),
        _papers(user, unit),
        _returns(user, unit),
        _came_and_left(user, unit),
    )


def _filings(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = Filing.objects.visible_to(user).filter(enterprise=unit)
    for row in rows.order_by("-filed_on")[:MOST]:
        persons = f"{row.person_count} 人" if row.person_count else row.what
        late = f"，超期 {row.late_count} 项" if row.late_count else ""
        yield TimelineEntry(
            row.filed_on,
            row.get_kind_display(),
            url=row.get_absolute_url(),
            note=f"{persons}{late}",
            kind="备案",
        )


def _papers(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = Agreement.objects.visible_to(user).filter(enterprise=unit)
    for row in rows.order_by("-begins_on")[:MOST]:
        until = f"，至 {row.ends_on}" if row.ends_on else ""
        url = row.get_absolute_url()
        yield TimelineEntry(
            row.begins_on,
            f"{row} 生效",
            url=url,
            note=f"自 {row.begins_on}{until}",
            kind="备案",
        )
        if row.ended_on:
            yield TimelineEntry(
                row.ended_on,
                f"{row} 提前终止",
                url=url,
                note=row.ended_reason,
                kind="备案",
            )


def _returns(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = PayrollReturn.objects.visible_to(user).filter(enterprise=unit)
    for row in rows.order_by("-filed_on")[:MOST]:
        yield TimelineEntry(
            row.filed_on,
            f"{row.year} 年{row.get_quarter_display()}{row.get_kind_display()}",
            note=f"{row.people:,} 人，{row.total:,.2f} 元",
            kind="备案",
        )


def _came_and_left(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    """Count who came and who left by month; the roster has the persons."""
    workers = Worker.objects.visible_to(user).filter(enterprise=unit)
    url = f"{unit.get_absolute_url()}?tab=workers"
    for field, word in (("since", "入职"), ("until", "离职")):
        months = (
            workers.filter(**{f"{field}__isnull": False})
            .values(month=TruncMonth(field))
            .annotate(count=Count("pk"), last=Max(field))
            .order_by("-month")
        )
        for one in months[:MOST]:
            words = f"{one['month']:%Y-%m} {word} {one['count']} 人"
            yield TimelineEntry(one["last"], words, url=url, kind="用工")
