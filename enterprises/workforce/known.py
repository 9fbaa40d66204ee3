"""What is stored of the units and employments that the rows of a lot may mean."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from enterprises.workforce.models.workers import id_index
from gridinspect.imports.fields import fits_mask, is_masked


@dataclass(frozen=True, slots=True)
class KnownUnit:
    pk: int
    name: str
    path: str


@dataclass(slots=True)
class KnownWorker:
    """What is stored of an employment, as far as rows are compared with it."""

    pk: int
    unit: int
    number: str
    index: str | None
    values: dict[str, Any]
    contracts: list[tuple[Any, ...]] = field(default_factory=list)


class Known:
    """The employments that the rows of a lot may mean."""

    def __init__(self) -> None:
        self.by_pk: dict[int, KnownWorker] = {}
        self._by_id: dict[tuple[int, str | None], list[KnownWorker]] = defaultdict(list)
        self._by_name: dict[tuple[int, str], list[KnownWorker]] = defaultdict(list)

    def add(self, worker: KnownWorker) -> None:
        self.by_pk[worker.pk] = worker
        self._by_id[worker.unit, worker.index].append(worker)
        self._by_name[worker.unit, worker.values["name"]].append(worker)

    def find(
        self, unit: int, number: str, name: str, since: date
    ) -> KnownWorker | None:
        """Return the employment that a row means.

        The one that began that day; else the open one, whose beginning it corrects.
        A person who left and comes back with a later beginning is new.
        """
        if is_masked(number):
            alike = [
                one
                for one in self._by_name.get((unit, name), ())
                if fits_mask(number, one.number)
            ]
        else:
            alike = self._by_id.get((unit, id_index(number)), [])
        for one in alike:
            if one.values["since"] == since:
                return one
        return next((one for one in alike if one.values["until"] is None), None)
