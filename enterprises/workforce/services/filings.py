"""用工备案: filing what the roster says, and taking a filing back."""

from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.db.models import Q

from enterprises.models import Enterprise
from enterprises.workforce import duties
from enterprises.workforce.duties import Duty
from enterprises.workforce.limits import Event, FilingLaw
from enterprises.workforce.models import Contract, Filing, Worker
from enterprises.workforce.rules import is_late
from enterprises.workforce.services.common import Refused, checked_save, not_future
from gridinspect.accounts.models import User
from gridinspect.audit.services import record

MOST_SHOWN = 200  # persons that a form offers one by one; 全部 takes them all


def duties_of(
    unit: Enterprise, today: date, *, law: FilingLaw, limit: int | None = None
) -> list[Duty]:
    """Return what a unit has to file now, the oldest first. Four queries at most."""
    parts = {}
    for event in duties.EVENTS:
        through = "worker__" if event == Event.RENEWED else ""
        rows = duties.open_duties(event, [unit.district], today, law=law)
        parts[event] = rows.filter(**{f"{through}enterprise": unit})
    rows = duties.together(parts)
    found = []
    for row in rows if limit is None else rows[:limit]:
        event = Event(row["event"])
        found.append(
            Duty(
                event,
                row["key"],
                row["worker"],
                row["name"],
                row["unit"],
                row["unit_name"],
                row["place"],
                row["day"],
                law.due(event, row["day"], unit.district),
                today,
            )
        )
    return found


@transaction.atomic
def file_persons(
    *,
    enterprise: Enterprise,
    filed_on: date,
    by: User,
    chosen: Collection[str] | None = None,
    number: str = "",
    remark: str = "",
) -> Filing:
    """Note a filing of persons: of the chosen duties, or of all that are open.

    The first one of a unit is 初次备案. What is filed after its due day counts as late,
    by the limit that holds in the district. Raises Refused.
    """
    not_future(filed_on, "备案日期")
    law = FilingLaw()
    Enterprise.objects.select_for_update(of=("self",)).get(pk=enterprise.pk)
    open_now = duties_of(enterprise, filed_on, law=law)
    if chosen is not None:
        wanted = set(chosen)
        gone = wanted - {duty.code for duty in open_now}
        if gone:
            raise Refused("所选人员中有的已由他人办理备案，请核对后再提交。")
        open_now = [duty for duty in open_now if duty.code in wanted]
    open_now = [duty for duty in open_now if duty.day <= filed_on]
    if not open_now:
        raise Refused("没有可以备案的人员；备案日期之后发生的变动不能计入本次备案。")
    is_first = not enterprise.filings.filter(kind=Filing.Kind.FIRST).exists()
    filing = Filing(
        enterprise=enterprise,
        district_id=enterprise.district_id,
        kind=Filing.Kind.FIRST if is_first else Filing.Kind.CHANGE,
        filed_on=filed_on,
        number=number,
        remark=remark,
        due_on=min(duty.due.on for duty in open_now),
        person_count=len({duty.worker for duty in open_now}),
        late_count=sum(is_late(filed_on, duty.due.on) for duty in open_now),
        recorded_by=by,
    )
    checked_save(filing)
    keys: dict[Event, list[int]] = {event: [] for event in duties.EVENTS}
    for duty in open_now:
        keys[duty.event].append(duty.key)
    hired = keys[Event.HIRED]
    Worker.objects.filter(pk__in=hired).update(hire_filing=filing)
    Worker.objects.filter(pk__in=keys[Event.ENDED]).update(end_filing=filing)
    Contract.objects.filter(
        Q(pk__in=keys[Event.RENEWED]) | Q(worker__in=hired, begins_on__lte=filed_on),
        filing=None,
    ).update(filing=filing)
    record(
        "filing.filed",
        by=by,
        target=filing,
        path=enterprise.scope_path,
        kind=filing.get_kind_display(),
        filed_on=filed_on,
        count=filing.person_count,
        late=filing.late_count,
    )
    return filing


@transaction.atomic
def file_unit(
    *,
    enterprise: Enterprise,
    kind: str,
    happened_on: date,
    filed_on: date,
    by: User,
    what: str = "",
    number: str = "",
    remark: str = "",
) -> Filing:
    """Note a filing about the unit itself: its data changed, or it was cancelled."""
    not_future(filed_on, "备案日期")
    if filed_on < happened_on:
        raise Refused(f"备案日期不能早于发生日期 {happened_on}。")
    cancels = kind == Filing.Kind.CANCELLATION
    if cancels and enterprise.filings.filter(kind=kind).exists():
        raise Refused("该单位已办注销备案，不能重复登记。")
    if not cancels and not what.strip():
        raise Refused("请写明变更事项，如“法定代表人由甲变更为乙”。")
    event = Event.CANCELLED if cancels else Event.UNIT_CHANGED
    due = FilingLaw().due(event, happened_on, enterprise.district)
    filing = Filing(
        enterprise=enterprise,
        district_id=enterprise.district_id,
        kind=kind,
        happened_on=happened_on,
        filed_on=filed_on,
        what=what,
        number=number,
        remark=remark,
        due_on=due.on,
        late_count=int(is_late(filed_on, due.on)),
        recorded_by=by,
    )
    checked_save(filing)
    record(
        "filing.filed",
        by=by,
        target=filing,
        path=enterprise.scope_path,
        kind=filing.get_kind_display(),
        filed_on=filed_on,
        late=filing.late_count,
    )
    return filing


@transaction.atomic
def void_filing(*, filing: Filing, reason: str, by: User) -> None:
    """Take back a filing that was noted by mistake; its persons wait again."""
    if not reason.strip():
        raise Refused("请写明撤销的原因。")
    later = filing.enterprise.filings.filter(pk__gt=filing.pk)
    if (
        filing.kind == Filing.Kind.FIRST
        and later.filter(kind=Filing.Kind.CHANGE).exists()
    ):
        raise Refused("初次备案之后已有变动备案，请先撤销后来的备案。")
    Worker.objects.filter(hire_filing=filing).update(hire_filing=None)
    Worker.objects.filter(end_filing=filing).update(end_filing=None)
    Contract.objects.filter(filing=filing).update(filing=None)
    record(
        "filing.voided",
        by=by,
        target=filing,
        path=filing.enterprise.scope_path,
        kind=filing.get_kind_display(),
        filed_on=filing.filed_on,
        reason=reason,
    )
    filing.delete()
