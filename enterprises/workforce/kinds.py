"""The roster of workers (职工名册) as a workbook."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Max, Q

from enterprises.workforce.known import Known, KnownWorker
from enterprises.workforce.limits import FilingLaw
from enterprises.workforce.models import Contract, Worker
from enterprises.workforce.models.workers import id_index
from enterprises.workforce.roster import contracts
from enterprises.workforce.roster.columns import RosterColumns
from enterprises.workforce.roster.reading import CONTRACT, RosterLaw, complete
from enterprises.workforce.roster.stored import (
    MAY_BE_NULL,
    STORED,
    as_record,
    as_stored,
    in_words,
    pairs,
)
from enterprises.workforce.roster.units import find_units
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.copying import take_keys
from gridinspect.imports import cleaning
from gridinspect.imports.fields import is_masked
from gridinspect.imports.registry import register
from gridinspect.imports.resource import NEW, Row, Written, drop_masked, merge
from gridinspect.imports.staging import insert_rows, update_rows
from gridinspect.imports.traces import differing, put_back, referring, remove
from gridinspect.scope import within_paths
from grids import outline


@register("workers")
class WorkerResource(RosterColumns):
    """职工名册: a row is a person's employment in a unit, with the newest contract."""

    title = "职工名册"
    permission = Permission.ENTERPRISE_IMPORT
    key_field = "id_number"
    identifying = ("uscc", "unit", "id_number", "name")
    place_fields = ()
    derived = {"until": "离职日期", "ending": "离职原因", "contract": "劳动合同"}
    can_be_undone = True
    has_records = True

    # ---- out -------------------------------------------------------------------------

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        paths = request.user.scope_paths(cls.permission)
        workers = Worker.objects.filter(
            within_paths(paths, "enterprise__grid__path"), until=None
        )
        if at := outline.place_asked(request):
            workers = workers.within(at)
        if unit := outline.key_asked(request, "unit"):
            workers = workers.filter(enterprise=unit)
        ordered = workers.order_by("enterprise__name", "enterprise_id", "name", "pk")
        related = ordered.select_related("enterprise").prefetch_related("contracts")
        for one in related.iterator(chunk_size=2_000):
            yield as_record(one)

    # ---- the file --------------------------------------------------------------------

    def identify(self, row: Row) -> str:
        values = row.values
        number = values.get("id_number")
        if not number:
            return ""
        unit = values.get("uscc") or values.get("unit") or ""
        who = f"{number} {values.get('name') or ''}" if is_masked(number) else number
        return f"{unit} {who}"

    # ---- the database ----------------------------------------------------------------

    def prepare(self) -> None:
        super().prepare()
        law = FilingLaw()
        ages = {name: law.number(name) for name in ("working_age", "adult_age")}
        self._law = RosterLaw(self.as_of, self.today, ages)
        self._taken: dict[tuple[int, str], tuple[str | None, int]] = {}
        self._last = Worker.objects.aggregate(last=Max("pk"))["last"] or 0
        has_any = Worker.objects.filter(district=self.district).exists()
        self._is_first = not has_any

    def check(self, rows: list[Row]) -> None:
        sound = [row for row in rows if not row.is_rejected]
        find_units(sound, district=self.district, may_touch=self.may_touch)
        found = [row for row in sound if row.target]
        known = self._known(found)
        for row in found:
            complete(row, self._law)
            if not row.is_rejected:
                self._compare(row, known)

    def _known(self, rows: list[Row]) -> Known:
        """Fetch the employments that the rows may mean. Two queries at most."""
        known = Known()
        if self._is_first or not rows:
            return known
        units = {row.target.pk for row in rows}
        masked = any(is_masked(row.values["id_number"]) for row in rows)
        indexes = [id_index(row.values["id_number"]) for row in rows]
        wanted = Q(enterprise__in=units)
        by_id = Q(id_index__any_of=indexes)
        if masked:
            by_id |= Q(name__any_of={row.values["name"] for row in rows})
        workers = Worker.objects.filter(wanted & by_id, pk__lte=self._last)
        for pk, unit, number, index, *values in workers.values_list(
            "pk", "enterprise_id", "id_number", "id_index", *STORED.values()
        ):
            stored = dict(zip(STORED, values, strict=True))
            known.add(KnownWorker(pk, unit, number, index, stored))
        signed = Contract.objects.filter(worker__in=list(known.by_pk))
        for pk, worker, *said in signed.values_list(
            "pk", "worker_id", "kind", "begins_on", "ends_on"
        ):
            known.by_pk[worker].contracts.append((pk, *said))
        return known

    # ---- comparing -------------------------------------------------------------------

    def _compare(self, row: Row, known: Known) -> None:
        values = row.values
        unit = row.target.pk
        worker = known.find(unit, values["id_number"], values["name"], values["since"])
        if worker is None:
            self._as_new(row)
            return
        row.record = worker.pk
        for name in ("since", "birth_date"):
            if _tells_less(values.get(name), worker.values[name]):
                values[name] = None
        merge(row, in_words(worker))
        contracts.compare(row, worker)

    def _as_new(self, row: Row) -> None:
        """Make a row a new line of the roster, if it can be one."""
        values = row.values
        if is_masked(values["id_number"]):
            row.reject(
                "masked_unknown",
                f"名册中没有与“{values['id_number']}”相符的职工，请填写完整号码。",
                at="id_number",
            )
            return
        if self._is_taken(row):
            return
        row.action = NEW
        drop_masked(row, "phone")
        if not values.get("category") and values.get("household_kind") == "rural":
            values["category"] = Worker.Category.MIGRANT.value
        if any(values.get(name) for name in CONTRACT):
            row.before["contract"] = contracts.fresh(row)

    def _is_taken(self, row: Row) -> bool:
        """Reject a second new line of one person in one unit, however it is named."""
        key = (row.target.pk, row.values["id_number"])
        first = self._taken.setdefault(key, (row.sheet, row.number))
        if first == (row.sheet, row.number):
            return False
        where = f"“{first[0]}”第{first[1]}行" if first[0] else f"第{first[1]}行"
        row.reject(
            "worker_twice", f"与{where}是同一单位的同一人，请核对。", at="id_number"
        )
        return True

    # ---- writing ---------------------------------------------------------------------

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        fresh = [row for row in rows if row.action == NEW]
        changed = [row for row in rows if row.action != NEW]
        self._add(fresh)
        self._change([row for row in changed if set(row.changes) - {"contract"}])
        contracts.write(rows)
        for row in rows:
            extra = [sorted(row.changes)] if row.action != NEW else []
            yield [row.record, row.action, row.number, *extra]

    def _add(self, rows: list[Row]) -> None:
        keys = take_keys(Worker._meta.db_table, len(rows))
        for key, row in zip(keys, rows, strict=True):
            row.record = key
        insert_rows(
            Worker,
            [
                "id", "enterprise_id", "district_id", "id_number", "id_index",
                "is_citizen_id", "recorded_by_id", *STORED.values(),
            ],
            (self._new_values(row) for row in rows),
        )  # fmt: skip

    def _new_values(self, row: Row) -> list[Any]:
        values = row.values
        number = values["id_number"]
        own = [as_stored(name, values.get(name)) for name in STORED]
        for place, name in enumerate(STORED):
            if own[place] is None and name not in MAY_BE_NULL:
                own[place] = "full_time" if name == "employment_form" else ""
        return [
            row.record,
            row.target.pk,
            self.district.pk,
            number,
            id_index(number),
            len(number) == 18 and number[:17].isdigit(),
            self.by.pk,
            *own,
        ]

    def _change(self, rows: list[Row]) -> None:
        update_rows(
            Worker,
            list(STORED.values()),
            (
                [
                    row.record,
                    *(
                        as_stored(name, row.values[name])
                        if name in row.changes
                        else None
                        for name in STORED
                    ),
                ]
                for row in rows
            ),
        )

    # ---- undoing ---------------------------------------------------------------------

    def obstacles(self, written: list[Written]) -> dict[int, str]:
        """What somebody has filed, changed or built on since stays."""
        added = [one.record for one in written if one.action == NEW]
        changed = {
            one.record: pairs(one, 1)
            for one in written
            if one.action != NEW and pairs(one, 1)
        }
        found = referring(Worker, added, besides=(Contract,))
        edited = Worker.objects.filter(pk__in=added, edition__gt=1)
        found |= dict.fromkeys(edited.values_list("pk", flat=True), "的登记后来有修改")
        filed = Worker.objects.filter(pk__in=[one.record for one in written]).exclude(
            hire_filing=None, end_filing=None
        )
        filed = filed.filter(pk__in=added)
        found |= dict.fromkeys(filed.values_list("pk", flat=True), "已办用工备案")
        found |= differing(Worker, changed)
        return found | contracts.obstacles(written)

    def take_back(self, written: list[Written]) -> None:
        contracts.take_back(written)
        put_back(
            Worker,
            {
                one.record: old
                for one in written
                if one.action != NEW and (old := pairs(one, 0))
            },
        )
        remove(Worker, [one.record for one in written if one.action == NEW])


def _tells_less(said: Any, stored: date | None) -> bool:
    """Tell whether a month without a day says no more than the stored day."""
    if not isinstance(said, cleaning.MonthDate) or stored is None:
        return False
    return (said.year, said.month) == (stored.year, stored.month)
