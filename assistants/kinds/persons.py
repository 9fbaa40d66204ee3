"""What kinds of workbook about persons on post share."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef

from gridinspect.accounts.models import Person
from gridinspect.imports.fields import fits_mask, is_masked
from gridinspect.imports.resource import Row
from gridinspect.scope import within_paths
from gridinspect.secrets import blind_index
from grids.models import Posting
from grids.resources import OUTSIDE


class OfPersons:
    """What kinds about persons on post share: who is meant by a name and a number."""

    paths: tuple[str, ...]

    def _fetch(self, rows: list[Row]) -> dict[str, list[Person]]:
        """Return the persons of the importer's area by name, for all rows at once."""
        persons: dict[str, list[Person]] = defaultdict(list)
        named = Person.objects.filter(name__in={row.values["name"] for row in rows})
        for person in named.filter(Exists(posts_in(self.paths, "pk"))):
            persons[person.name].append(person)
        return persons

    def narrow(self, row: Row, alike: list[Person]) -> list[Person]:
        """Tell persons of one name apart by what else the row says."""
        return alike

    def _person(self, row: Row, persons: dict[str, list[Person]]) -> Person | None:
        name, number = row.values["name"], row.values.get("id_number") or ""
        alike = persons.get(name, [])
        if is_masked(number):
            alike = [one for one in alike if fits_mask(number, one.id_number)]
        elif number:
            index = blind_index(number, purpose="person.id")
            alike = [one for one in alike if one.id_index == index]
        alike = self.narrow(row, alike)
        if len(alike) == 1:
            row.values["id_number"] = alike[0].id_number
            return alike[0]
        if alike:
            row.reject(
                "person_ambiguous",
                f"辖区内有{len(alike)}个“{name}”，请填写身份证号。",
                at="id_number",
            )
        else:
            row.reject(
                "person_unknown",
                f"人员档案中没有“{name}”（或身份证号不符，或{OUTSIDE[:-1]}），"
                "请先导入人员名册。",
                at="name",
            )
        return None


def posts_in(paths: Iterable[str], person: str) -> Any:
    """Return the posts in these places of the person that a query is about."""
    return Posting.objects.filter(
        within_paths(paths, "grid__path"), person=OuterRef(person)
    )
