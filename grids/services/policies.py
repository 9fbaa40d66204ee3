"""Policies in the database: loading immutable versions, and which one holds where."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from django.db import transaction

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.models import Grid, Policy, PolicyClause, PolicyInForce
from grids.policy import Phase, PolicyError, PolicyValues, TargetInForce, parse_policy
from grids.services.figures import mark_district_dirty
from grids.services.tree import Refused

SHIPPED = Path(__file__).resolve().parents[1] / "policies"


class PolicyChanged(PolicyError):
    """A file differs from the version of the same number that is already loaded."""


@dataclass(frozen=True)
class Loaded:
    """What became of one file."""

    policy: Policy
    clauses: int
    is_new: bool


@dataclass(frozen=True)
class PolicyOnDate:
    """The policy of a district on a date, as typed values."""

    policy: Policy
    values: PolicyValues
    since: date
    programme_start: date | None
    on: date

    @property
    def freshness_days(self) -> int:
        """Return for how many days a survey counts as fresh.

        The law's half a year (人社部发〔2009〕4号), unless the plan says otherwise.
        """
        number = self.values.number("freshness_days")
        if number is None:
            from grids.services.law import Law  # which reads versions with this module

            law = Law()
            number = law.number(
                "freshness_days", province=self.values.province, on=self.on
            )
        return number.value

    @property
    def targets(self) -> tuple[TargetInForce, ...]:
        """Return the targets that hold on the date."""
        return self.values.targets_on(self.programme_start, self.on)

    @property
    def phase(self) -> Phase | None:
        """Return the phase of the plan in which the date lies."""
        return self.values.phase_on(self.programme_start, self.on)


def shipped_files() -> list[Path]:
    """Return the policy files that come with the program."""
    return sorted(SHIPPED.glob("*.toml"))


@transaction.atomic
def load_policy(*, document: bytes, by: User) -> Loaded:
    """Make one policy file a version in the database; the same file again is nothing.

    Raises PolicyError when the file can't be meant, and PolicyChanged when it differs
    from what is loaded under its id and version: a change is a new version.
    """
    values = parse_policy(document)
    digest = hashlib.sha256(document.replace(b"\r\n", b"\n")).hexdigest()
    known = Policy.objects.filter(slug=values.id, version=values.version).first()
    if known is None:
        policy = create_version(values, digest)
        record("policy.loaded", by=by, target=policy, slug=values.id, sha256=digest)
        return Loaded(policy, len(values.clauses), is_new=True)
    if known.sha256 != digest and known.document != values.to_json():
        raise PolicyChanged(
            f"政策 {values.id} 第 {values.version} 版已经载入，但文件内容变了；"
            "已载入的版本不能修改，请把改动写成新的版本号“version”后再载入。"
        )
    return Loaded(known, len(values.clauses), is_new=False)


def create_version(values: PolicyValues, digest: str) -> Policy:
    """Make the rows of a version; it is never changed afterwards."""
    policy = Policy.objects.create(
        slug=values.id,
        version=values.version,
        title=values.title,
        layer=values.layer,
        province=values.province,
        effective_from=values.effective_from,
        sha256=digest,
        document=values.to_json(),
    )
    PolicyClause.objects.bulk_create(
        PolicyClause(
            policy=policy,
            number=clause.id,
            order=order,
            quote=clause.quote,
            meaning=clause.meaning,
            kind=clause.kind,
        )
        for order, clause in enumerate(values.clauses, start=1)
    )
    return policy


@transaction.atomic
def adopt_policy(
    *,
    district: Grid,
    policy: Policy,
    since: date,
    programme_start: date | None,
    by: User,
) -> PolicyInForce:
    """Put a district under a plan from a day on; the plan before it ends there.

    `programme_start` is the day from which the phases of the plan count. Raises Refused
    when the district already follows another plan from that day or a later one.
    """
    district = Grid.objects.select_for_update().get(pk=district.pk)
    if not district.is_root:
        raise Refused(f"“{district}”不是区县或功能区，政策只能由区县或功能区采用。")
    if policy.layer != Policy.Layer.PLAN:
        raise Refused(
            f"《{policy.title}》是法定期限层，不能由区县采用，请选择实施方案。"
        )
    last = district.policies.order_by("since").last()
    if last and last.since >= since:
        raise Refused(
            f"“{district}”自 {last.since} 起已采用《{last.policy.title}》，"
            f"请选择 {last.since + timedelta(days=1)} 或以后的日期。"
        )
    if last and (last.until is None or last.until > since):
        last.until = since
        last.save(update_fields=["until"])
    adoption = PolicyInForce.objects.create(
        district=district, policy=policy, since=since, programme_start=programme_start
    )
    mark_district_dirty(district, since)
    record(
        "policy.adopted",
        by=by,
        target=district,
        policy=str(policy),
        since=since,
        programme_start=programme_start,
        before=str(last.policy) if last else None,
    )
    return adoption


@transaction.atomic
def end_policy(*, adoption: PolicyInForce, until: date, by: User) -> PolicyInForce:
    """End a district's plan: `until` is the first day on which it no longer holds.

    Raises Refused when it has ended already, or would end before it began.
    """
    adoption = PolicyInForce.objects.select_for_update().get(pk=adoption.pk)
    if adoption.until is not None:
        raise Refused(f"这一方案已于 {adoption.until} 结束，不用再办理。")
    if until <= adoption.since:
        raise Refused(
            f"方案自 {adoption.since} 起施行，请选择 "
            f"{adoption.since + timedelta(days=1)} 或以后的日期。"
        )
    adoption.until = until
    adoption.save(update_fields=["until"])
    mark_district_dirty(adoption.district, until)
    record(
        "policy.ended",
        by=by,
        target=adoption.district,
        policy=str(adoption.policy),
        since=adoption.since,
        until=until,
    )
    return adoption


def values_of(policy: Policy) -> PolicyValues:
    """Return a loaded policy as typed values. Read once per process: it never changes.

    Fetch the row without its `document`; only the first call for a version needs it.
    """
    return _values(policy.pk, policy.sha256)


@lru_cache(maxsize=256)
def _values(pk: int, sha256: str) -> PolicyValues:
    document = Policy.objects.values_list("document", flat=True).get(pk=pk)
    return PolicyValues.from_json(document)


def policy_in_force(district: Grid, on: date) -> PolicyInForce | None:
    """Return which plan a district is under on a date, if any."""
    rows = PolicyInForce.objects.on(on).filter(district=district)
    return rows.select_related("policy").defer("policy__document").first()


def policy_on(district: Grid, on: date) -> PolicyOnDate | None:
    """Return the policy of a district on a date, ready for the rules."""
    return policies_on([district], on).get(district.pk)


def policies_on(districts: Iterable[Grid | int], on: date) -> dict[int, PolicyOnDate]:
    """Return the policies of many districts on a date, by the district's key."""
    rows = PolicyInForce.objects.on(on).filter(district__in=list(districts))
    return {
        row.district_id: PolicyOnDate(
            row.policy, values_of(row.policy), row.since, row.programme_start, on
        )
        for row in rows.select_related("policy").defer("policy__document")
    }
