"""疑似重复: which files of a district may be one unit, the likeliest first."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from rapidfuzz import fuzz

from enterprises.matching import Facts, Match, match
from enterprises.models import Enterprise
from grids.models import Grid

MOST = 500  # pairs on the page; the next appear when these are decided
SHARED = 5  # files with one telephone or address, above which it says nothing

_PAIRS = """
WITH unit AS (
  SELECT id, name_key, contact_phone_index AS phone, address, uscc
    FROM enterprises_enterprise
   WHERE district_id = %(district)s AND merged_into_id IS NULL
), phones AS (
  SELECT phone FROM unit WHERE phone IS NOT NULL
   GROUP BY phone HAVING count(*) BETWEEN 2 AND %(shared)s
), addresses AS (
  SELECT address FROM unit WHERE address <> ''
   GROUP BY address HAVING count(*) BETWEEN 2 AND %(shared)s
), pair AS (
  SELECT a.id AS first, b.id AS second, a.uscc AS one, b.uscc AS other
    FROM unit a JOIN unit b ON a.name_key = b.name_key AND a.id < b.id
   UNION
  SELECT a.id, b.id, a.uscc, b.uscc
    FROM phones JOIN unit a USING (phone)
    JOIN unit b ON b.phone = a.phone AND a.id < b.id
   UNION
  SELECT a.id, b.id, a.uscc, b.uscc
    FROM addresses JOIN unit a USING (address)
    JOIN unit b ON b.address = a.address AND a.id < b.id
)
SELECT first, second FROM pair
 WHERE (one IS NULL OR other IS NULL)
   AND NOT EXISTS (SELECT 1 FROM enterprises_toldapart told
                    WHERE told.first_id = first AND told.second_id = second)
 ORDER BY second DESC, first DESC LIMIT 5000
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files that may be one unit, with the parts of the score."""

    first: Enterprise
    second: Enterprise
    score: int
    parts: tuple[tuple[str, int, int], ...]

    @property
    def pk(self) -> str:
        return f"{self.first.pk}-{self.second.pk}"

    @property
    def told(self) -> str:
        """Return the parts in words: 名称 95%（占 70）。"""
        return "，".join(f"{what} {score}%" for what, score, _ in self.parts)


def pairs_of(district: Grid) -> list[Pair]:
    """Return the pairs of a district that nobody has decided on, the likeliest first.

    Two files with different credit codes are two units and never a pair.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, {"district": district.pk, "shared": SHARED})
        keys = cursor.fetchall()
    wanted = {key for pair in keys for key in pair}
    units = Enterprise.objects.filter(pk__any_of=list(wanted)).select_related("grid")
    by_key = {unit.pk: unit for unit in units.defer("grams")}
    found = [
        pair
        for first, second in keys
        if (pair := _compared(by_key[first], by_key[second]))
    ]
    found.sort(key=lambda pair: (-pair.score, pair.first.pk))
    return found[:MOST]


def _compared(first: Enterprise, second: Enterprise) -> Pair | None:
    result = match(_facts(first), _facts(second)) or _renamed(first, second)
    return Pair(first, second, result.score, result.parts) if result else None


def _facts(unit: Enterprise) -> Facts:
    return Facts(
        name=unit.name,
        uscc=unit.uscc or "",
        address=unit.address,
        person=unit.legal_representative,
        phone=unit.contact_phone_index or "",
    )


def _renamed(first: Enterprise, second: Enterprise) -> Match | None:
    """Return a match of two names that are not alike: a unit that was renamed?

    Only where address, person and telephone all agree as far as both say them, and at
    least two of them do.
    """
    ours, theirs = _facts(first), _facts(second)
    agree = list(_agreeing(ours, theirs))
    if len(agree) < 2 or any(score < 100 for _, score, _ in agree):
        return None
    name = round(fuzz.ratio(ours.name, theirs.name))
    return Match(60, (("名称", name, 40), *agree))


def _agreeing(ours: Facts, theirs: Facts) -> Iterator[tuple[str, int, int]]:
    for what, one, other in (
        ("地址", ours.address, theirs.address),
        ("法定代表人", ours.person, theirs.person),
        ("联系电话", ours.phone, theirs.phone),
    ):
        if one and other:
            yield what, 100 if one == other else 0, 20
