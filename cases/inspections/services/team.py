"""Who inspects: certified inspectors on post, at least two; helpers accompany."""

from collections.abc import Collection
from datetime import date

from django.utils import timezone

from assistants.models import Certificate
from cases.inspections.models import Inspection, InspectionMember
from cases.limits import limits_at
from cases.rules import TeamFaulty, check_team
from cases.team import inspectors_in, members_of
from gridinspect.accounts.models import Person
from gridinspect.accounts.roles import Role
from grids.models import Grid, Posting


def helpers_in(district: Grid, *, on: date):
    """Return the assistants who may accompany an inspection in a district on a day."""
    posts = Posting.objects.on(on).within(district).filter(role=Role.ASSISTANT)
    return Person.objects.filter(pk__in=posts.values("person")).order_by("name")


def check_inspectors(
    team: Collection[Person], *, lead: Person | None, district: Grid, on: date
) -> None:
    """Raise TeamFaulty unless enough inspectors on post are certified on a day.

    An assistant never inspects, even with a certificate of earlier times.
    """
    on = min(on, timezone.localdate())  # who is on post later nobody knows
    check_team(
        members_of(team),
        lead=lead.pk if lead else None,
        on=on,
        minimum=limits_at(district).number("team_inspectors"),
    )
    posted = set(
        inspectors_in(district, on=on)
        .filter(pk__in=[person.pk for person in team])
        .values_list("pk", flat=True)
    )
    strangers = [person.name for person in team if person.pk not in posted]
    if strangers:
        names = "、".join(strangers)
        raise TeamFaulty(
            f"{names}在 {on} 不是本区县在岗的监察员，不能实施行政检查"
            "（国办发〔2024〕54号）；协管员只能登记为随同协助人员。"
        )


def check_helpers(helpers: Collection[Person], team: Collection[Person]) -> None:
    """Raise TeamFaulty when somebody is to inspect and to accompany at once."""
    both = {person.pk for person in helpers} & {person.pk for person in team}
    names = [person.name for person in team if person.pk in both]
    if names:
        raise TeamFaulty(f"{'、'.join(names)}不能既是检查人员又是随同协助人员。")


def write_team(
    inspection: Inspection,
    *,
    team: Collection[Person],
    lead: Person | None,
    helpers: Collection[Person],
    on: date,
) -> None:
    """Replace the members, each inspector with the certificate valid that day."""
    on = min(on, timezone.localdate())
    certificates = {
        one.person_id: one
        for one in Certificate.objects.valid_on(on).filter(person__in=team)
    }
    inspection.members.all().delete()
    InspectionMember.objects.bulk_create(
        [
            *(
                InspectionMember(
                    inspection=inspection,
                    person=person,
                    is_lead=person == lead,
                    certificate=certificates[person.pk],
                )
                for person in team
            ),
            *(
                InspectionMember(inspection=inspection, person=person, is_helper=True)
                for person in helpers
            ),
        ]
    )
