"""Made-up attendance (考勤) of the assistants of 营口 and of one street of 二七."""

import random
from datetime import date

from assistants.models import Attendance
from gridinspect.accounts.roles import Role
from grids.models import Posting

SEED = 328
MONTHS = 6
CITY, STREET = "210800", "410103001"  # the plan that counts absences; a street


def build_attendance(*, today: date) -> int:
    """Note the last months of who is on post; a few reach a threshold."""
    dice = random.Random(SEED)
    posts = Posting.objects.on(today).filter(role=Role.ASSISTANT)
    rows = posts.filter(grid__city__code=CITY) | posts.filter(
        grid__code__startswith=STREET
    )
    people = sorted(set(rows.values_list("person", flat=True)))
    return len(
        Attendance.objects.bulk_create(
            (
                _month(person, month, dice)
                for person in people
                for month in _last_months(today)
            ),
            1000,
        )
    )


def _last_months(today: date) -> list[date]:
    whole = today.year * 12 + today.month - 1
    return [
        date((whole - back) // 12, (whole - back) % 12 + 1, 1)
        for back in range(MONTHS, 0, -1)
    ]


def _month(person: int, month: date, dice: random.Random) -> Attendance:
    absent = dice.choices((0, 1, 2, 3), (90, 5, 3, 2))[0]
    leave = dice.choices((0, 1, 3), (70, 20, 10))[0]
    return Attendance(
        person_id=person,
        month=month,
        present=22 - absent - leave,
        absent=absent,
        longest_absence=dice.randint(1, absent) if absent else 0,
        annual_leave=leave,
        late=dice.choices((0, 1, 2), (80, 15, 5))[0],
        spot_absences=dice.choices((0, 1, 2), (94, 5, 1))[0],
    )
