"""Arrears, pay cycles, insurance and the class of a district: one act, one event."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from enterprises.changes import facts_changed
from enterprises.models import Enterprise
from enterprises.services.files import Refused
from enterprises.wages import rules
from enterprises.wages.models import (
    Arrears,
    InsuranceMonth,
    Repayment,
    WageClass,
    WagePayment,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from gridinspect.documents.attachments import attach
from gridinspect.documents.models import Attachment
from grids.models import Grid
from grids.services.figures import note_entry

_TWICE = "这几个月的欠薪欠费已经登记过，请在原记录上修改，不要重复登记。"


def kept(
    upload: Any,
    path: str,
    by: User,
    permission: Permission = Permission.ENTERPRISE_VIEW,
) -> Attachment | None:
    """Keep an uploaded paper for whoever sees the unit's file; none is no fault."""
    if not upload:
        return None
    return attach(upload=upload, path=path, by=by, permission=permission)


def shown_to(source: str) -> Permission:
    """Return what one needs to see papers of arrears; a complaint stays secret."""
    if source == Arrears.Source.COMPLAINT:
        return Permission.CASE_VIEW
    return Permission.ENTERPRISE_VIEW


def refuse(objection: tuple[str, str]) -> None:
    """Raise Refused at the field that a rule objects to, if it does."""
    field, words = objection
    if words:
        raise Refused({field: words})


# --- arrears --------------------------------------------------------------------------


@transaction.atomic
def record_arrears(
    *,
    enterprise: Enterprise,
    kind: str,
    month_from: date,
    month_to: date,
    amount: Decimal,
    persons: int,
    source: str,
    found_on: date,
    by: User,
    project: Any = None,
    note: str = "",
    evidence: Any = None,
) -> Arrears:
    """Note that a unit owes wages or contributions. Raises Refused."""
    _require_sound(month_from, month_to, found_on)
    arrears = Arrears(
        enterprise=enterprise,
        district_id=enterprise.district_id,
        project=project,
        kind=kind,
        month_from=month_from,
        month_to=month_to,
        amount=amount,
        persons=persons,
        source=source,
        found_on=found_on,
        note=note,
        evidence=kept(evidence, enterprise.grid.path, by, shown_to(source)),
        recorded_by=by,
    )
    _save(arrears)
    note_entry(by.person, timezone.localdate())
    facts_changed(enterprise)
    record(
        "arrears.recorded",
        by=by,
        target=enterprise,
        path=enterprise.grid.path,
        arrears=arrears.pk,
        now=in_words(arrears),
    )
    return arrears


@transaction.atomic
def change_arrears(*, arrears: Arrears, by: User, **fields: Any) -> Arrears:
    """Correct what was noted of arrears that are still open. Raises Refused."""
    arrears = _open(arrears)
    before = in_words(arrears)
    upload = fields.pop("evidence", None)
    for name, value in fields.items():
        setattr(arrears, name, value)
    _require_sound(arrears.month_from, arrears.month_to, arrears.found_on)
    repaid = repaid_of(arrears)
    if repaid >= arrears.amount:
        raise Refused({"amount": f"已补发 {repaid:,.2f} 元，欠款金额应大于这个数。"})
    if upload:
        permission = shown_to(arrears.source)
        arrears.evidence = kept(upload, arrears.scope_path, by, permission)
    _save(arrears)
    after = in_words(arrears)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        facts_changed(arrears.enterprise_id)
        record(
            "arrears.changed",
            by=by,
            target=arrears.enterprise,
            path=arrears.scope_path,
            arrears=arrears.pk,
            was={name: before[name] for name in changed},
            now={name: after[name] for name in changed},
        )
    return arrears


@transaction.atomic
def repay(*, arrears: Arrears, paid_on: date, amount: Decimal, by: User) -> Arrears:
    """Note a repayment; the last one settles the arrears. Raises Refused."""
    arrears = _open(arrears)
    owed = rules.outstanding(arrears.amount, [repaid_of(arrears)])
    refuse(
        rules.repayment_objection(
            paid_on=paid_on,
            amount=amount,
            owed=owed,
            month_from=arrears.month_from,
            today=timezone.localdate(),
        )
    )
    Repayment.objects.create(
        arrears=arrears, paid_on=paid_on, amount=amount, recorded_by=by
    )
    if amount == owed:
        last = arrears.repayments.order_by("-paid_on").first()
        latest = last.paid_on if last else paid_on
        arrears.settled_on = max(latest, arrears.found_on)
        arrears.settlement = "全部补发（补缴）"
        arrears.save(update_fields=["settled_on", "settlement"])
    note_entry(by.person, timezone.localdate())
    facts_changed(arrears.enterprise_id)
    record(
        "arrears.repaid",
        by=by,
        target=arrears.enterprise,
        path=arrears.scope_path,
        arrears=arrears.pk,
        paid_on=paid_on,
        amount=amount,
        settled=arrears.settled_on,
    )
    return arrears


@transaction.atomic
def settle(*, arrears: Arrears, settled_on: date, settlement: str, by: User) -> Arrears:
    """Say that arrears are settled otherwise than by money, and how. Raises Refused."""
    arrears = _open(arrears)
    if settled_on > timezone.localdate():
        raise Refused({"settled_on": f"结清日期 {settled_on} 晚于今天，请改正。"})
    if settled_on < arrears.found_on:
        raise Refused({"settled_on": f"结清日期早于发现日期 {arrears.found_on}。"})
    arrears.settled_on, arrears.settlement = settled_on, settlement
    arrears.save(update_fields=["settled_on", "settlement"])
    facts_changed(arrears.enterprise_id)
    record(
        "arrears.settled",
        by=by,
        target=arrears.enterprise,
        path=arrears.scope_path,
        arrears=arrears.pk,
        reason=settlement,
        settled_on=settled_on,
    )
    return arrears


@transaction.atomic
def withdraw(*, arrears: Arrears, reason: str, by: User) -> Arrears:
    """Take back what was entered by mistake; the row stays with its reason."""
    arrears = Arrears.objects.select_for_update().get(pk=arrears.pk)
    if arrears.withdrawn_on:
        raise Refused(f"这条记录已于 {arrears.withdrawn_on} 撤销。")
    arrears.withdrawn_on = timezone.localdate()
    arrears.withdrawal_reason = reason
    arrears.save(update_fields=["withdrawn_on", "withdrawal_reason"])
    facts_changed(arrears.enterprise_id)
    record(
        "arrears.withdrawn",
        by=by,
        target=arrears.enterprise,
        path=arrears.scope_path,
        arrears=arrears.pk,
        reason=reason,
    )
    return arrears


def repaid_of(arrears: Arrears) -> Decimal:
    """Return how much of arrears was repaid."""
    total = arrears.repayments.aggregate(total=Sum("amount"))["total"]
    return total or Decimal(0)


def in_words(arrears: Arrears) -> dict[str, str]:
    """Return the fields of arrears as the trail shows them; of the source a code only.

    The source is left out: it would tell of a complaint to whoever reads the timeline.
    """
    return {
        "kind": arrears.get_kind_display(),
        "month_from": f"{arrears.month_from:%Y-%m}",
        "month_to": f"{arrears.month_to:%Y-%m}",
        "amount": f"{arrears.amount:.2f}",
        "persons": str(arrears.persons),
        "found_on": str(arrears.found_on),
    }


def _open(arrears: Arrears) -> Arrears:
    locked = Arrears.objects.select_for_update(of=["self"])
    row = locked.select_related("enterprise__grid").get(pk=arrears.pk)
    if row.withdrawn_on:
        raise Refused(f"这条记录已于 {row.withdrawn_on} 撤销，不能再修改。")
    if row.settled_on:
        raise Refused(f"这笔欠款已于 {row.settled_on} 结清，不能再修改。")
    return row


def _require_sound(month_from: date, month_to: date, found_on: date) -> None:
    refuse(
        rules.arrears_objection(
            month_from=month_from,
            month_to=month_to,
            found_on=found_on,
            today=timezone.localdate(),
        )
    )


def _save(arrears: Arrears) -> None:
    try:
        with transaction.atomic():
            arrears.save()
    except IntegrityError as error:
        if "wages_arrears_once" in str(error):
            raise Refused(_TWICE) from None
        raise


# --- pay cycles -----------------------------------------------------------------------


@transaction.atomic
def record_payment(
    *,
    enterprise: Enterprise,
    by: User,
    payment: WagePayment | None = None,
    evidence: Any = None,
    **fields: Any,
) -> WagePayment:
    """Keep one pay cycle of a unit, new or corrected. Raises Refused."""
    cycle = payment or WagePayment(
        enterprise=enterprise, district_id=enterprise.district_id, recorded_by=by
    )
    before = "" if payment is None else _cycle_words(cycle)
    for name, value in fields.items():
        setattr(cycle, name, value)
    refuse(
        rules.payment_objection(
            cycle_from=cycle.cycle_from,
            cycle_to=cycle.cycle_to,
            paid_on=cycle.paid_on,
            payable=cycle.payable,
            paid=cycle.paid,
            persons=cycle.persons,
            below_minimum=cycle.below_minimum,
            today=timezone.localdate(),
        )
    )
    others = WagePayment.objects.filter(
        enterprise=enterprise,
        cycle_from__lte=cycle.cycle_to,
        cycle_to__gte=cycle.cycle_from,
    )
    if other := others.exclude(pk=cycle.pk).first():
        raise Refused(
            {"cycle_from": f"与已登记的支付周期 {other.cycle_from} 至 "
             f"{other.cycle_to} 重叠，请修改原记录。"}
        )  # fmt: skip
    if evidence:
        cycle.evidence = kept(evidence, enterprise.grid.path, by)
    cycle.save()
    note_entry(by.person, timezone.localdate())
    record(
        "wages.recorded",
        by=by,
        target=enterprise,
        path=enterprise.grid.path,
        payment=cycle.pk,
        was=before,
        now=_cycle_words(cycle),
    )
    return cycle


def _cycle_words(cycle: WagePayment) -> str:
    paid = f"实付 {cycle.paid:.2f} 元" if cycle.paid_on else "未付"
    return (
        f"{cycle.cycle_from} 至 {cycle.cycle_to} 应付 {cycle.payable:.2f} 元，{paid}，"
        f"{cycle.persons} 人"
    )


# --- insurance ------------------------------------------------------------------------


@transaction.atomic
def record_insurance(
    *,
    enterprise: Enterprise,
    month: date,
    rows: Mapping[str, Mapping[str, Any]],
    by: User,
) -> int:
    """Keep the insurances of a unit in a month; return how many were written.

    `rows` maps an insurance to its `due`, `insured`, `base` and `owed`. What is there
    already is corrected. Raises Refused.
    """
    if month > timezone.localdate():
        raise Refused({"month": "月份还没有开始，请核对。"})
    if not rows:
        raise Refused("至少填写一个险种的应参和实参人数。")
    for insurance, values in rows.items():
        InsuranceMonth.objects.update_or_create(
            enterprise=enterprise,
            month=month,
            insurance=insurance,
            defaults={
                "district_id": enterprise.district_id,
                "recorded_by": by,
                **values,
            },
        )
    note_entry(by.person, timezone.localdate())
    record(
        "insurance.recorded",
        by=by,
        target=enterprise,
        path=enterprise.grid.path,
        month=f"{month:%Y-%m}",
        rows=[{"insurance": key, **values} for key, values in rows.items()],
    )
    return len(rows)


# --- the minimum wage -----------------------------------------------------------------


@transaction.atomic
def set_wage_class(
    *, district: Grid, number: int, since: date, document: str, by: User
) -> WageClass:
    """Put a district into a class of areas for the minimum wage from a day on."""
    last = (
        WageClass.objects.select_for_update()
        .filter(district=district, until=None)
        .first()
    )
    if last and since < last.since:
        raise Refused({"since": f"生效日期不能早于现类区的起始日期 {last.since}。"})
    if last and last.number == number:
        raise Refused({"number": "本区县已经是这一类区，不用重复登记。"})
    if last and since == last.since:
        last.delete()  # it was entered wrongly: that day never had two classes
    elif last:
        last.until = since
        last.save(update_fields=["until"])
    row = WageClass.objects.create(
        district=district,
        number=number,
        since=since,
        document=document,
        recorded_by=by,
    )
    record(
        "wage_class.set",
        by=by,
        target=district,
        number=number,
        since=since,
        document=document,
    )
    return row
