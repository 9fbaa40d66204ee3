"""What a kind of import is: its columns, its check against the database, its writes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from django.db.models import QuerySet
from import_export.resources import Resource

from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.imports.cleaning import plain
from gridinspect.imports.fields import SheetField, fits_mask, is_masked
from gridinspect.scope import Place

VALID, WARNED, REJECTED, DUPLICATE = "valid", "valid_warn", "reject", "duplicate"
NEW, CHANGED, SAME, NOTHING = "new", "changed", "same", "none"


@dataclass(slots=True)
class Issue:
    """One fault or remark about one cell, or about a row when `column` is empty."""

    code: str
    message: str
    field: str = ""
    column: str = ""
    header: str = ""
    clause: str = ""
    warns: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "field": self.field,
            "column": self.column,
            "header": self.header,
            "clause": self.clause,
            "severity": "warn" if self.warns else "reject",
        }


@dataclass(slots=True)
class Row:
    """One data row of a sheet with what was read, found wrong and found in the base."""

    sheet: str | None
    number: int
    values: dict[str, Any]
    columns: dict[str, tuple[str, str]]  # field → (column letter, header), shared
    issues: list[Issue] = field(default_factory=list)
    duplicate_of: str = ""
    action: str = NOTHING
    key: str = ""
    changes: dict[str, list[Any]] = field(default_factory=dict)
    target: Any = None  # the object it changes, the resource's own affair
    grid: Any = None
    record: int | None = None  # the key of what was written, for undoing it
    before: dict[str, Any] = field(default_factory=dict)  # besides `changes`, to undo
    made: dict[str, Any] = field(default_factory=dict)  # what a new record was made as
    candidates: list[dict[str, Any]] = field(default_factory=list)  # who it may be

    def reject(
        self, code: str, message: str, *, at: str = "", clause: str = ""
    ) -> None:
        """Note a fault that keeps the row out, in the column of field `at`."""
        self._note(code, message, at, clause, warns=False)

    def warn(self, code: str, message: str, *, at: str = "", clause: str = "") -> None:
        """Note something the user should know; the row goes in."""
        self._note(code, message, at, clause, warns=True)

    def _note(self, code: str, message: str, at: str, clause: str, warns: bool) -> None:
        column, header = self.columns.get(at, ("", ""))
        self.issues.append(Issue(code, message, at, column, header, clause, warns))

    def skip(self) -> None:
        """Leave the row out because a person said so."""
        self.warn("skipped", "您选择不导入本行。")
        self.action = NOTHING

    @property
    def is_rejected(self) -> bool:
        return bool(self.issues) and not all(issue.warns for issue in self.issues)

    @property
    def outcome(self) -> str:
        if self.is_rejected:
            return REJECTED
        if self.duplicate_of:
            return DUPLICATE
        return WARNED if self.issues else VALID

    @property
    def goes_in(self) -> bool:
        return not self.duplicate_of and not self.is_rejected

    @property
    def reason(self) -> str | None:
        """The code of what matters most about the row."""
        if self.issues:
            faults = [i for i in self.issues if not i.warns] or self.issues
            return faults[0].code
        return "duplicate_in_file" if self.duplicate_of else None

    @property
    def message(self) -> str:
        """Everything about the row, as one text for the user."""
        if not self.issues:
            return self.duplicate_of
        parts = [
            f"{issue.column}列“{issue.header}”：{issue.message}"
            if issue.column
            else issue.message
            for issue in self.issues
        ]
        if self.duplicate_of:
            parts.append(self.duplicate_of)
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Written:
    """One record that a batch wrote, with what a change of it replaced."""

    sheet: str
    row: int
    record: int
    action: str
    changes: dict[str, list[Any]] = field(default_factory=dict)  # field → old, new
    before: dict[str, Any] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)  # of a new one, if it was kept


def row_key(sheet: str | None, number: int) -> str:
    """Return what a decision about a row is kept under."""
    return f"{(sheet or '')[:60]}\n{number}"


def merge(row: Row, old: dict[str, Any]) -> None:
    """Set the row's action and changes against what is stored; blank never wipes.

    `old` holds the stored value of every field that the kind writes.
    """
    if row.values.items() >= old.items():  # by far the most frequent
        row.action = SAME
        return
    for name, before in old.items():
        after = row.values.get(name)
        if after is None or after == before:
            continue
        if is_masked(after):
            drop_masked(row, name, unless=before)
        elif not says_the_same(before, after):
            row.changes[name] = [before, after]
    row.action = CHANGED if row.changes else SAME


def says_the_same(stored: Any, read: Any) -> bool:
    """Tell whether a stored text is what was read, but for widths and line breaks.

    What a person typed keeps its full-width brackets; a cell loses them (P4).
    """
    if not isinstance(stored, str) or not isinstance(read, str):
        return False
    text = plain(stored)
    return read in (" ".join(text.split()), "".join(text.splitlines()))


def drop_masked(row: Row, name: str, *, unless: Any = None) -> None:
    """Take a hidden number out of a row, and say so unless it stands for this value."""
    masked = row.values.get(name)
    if not is_masked(masked):
        return
    row.values[name] = None
    if not fits_mask(str(masked), unless):
        row.warn(
            "masked_value",
            f"“{masked}”隐去了部分数字，该项未导入，请填写完整号码。",
            at=name,
        )


class SheetResource(Resource):
    """A kind of import. Subclass, declare the fields, register: the rest comes itself.

    The row-by-row `import_data` of django-import-export is never called. Instead the
    engine reads and cleans the rows and calls, in this order: `prepare` once,
    `identify` for each row (twice), `check` for each lot of rows, `apply` for each lot,
    `finish` once. No hook may ask the database once per row.
    """

    kind: ClassVar[str] = ""
    title: ClassVar[str] = ""  # 人员名册
    permission: ClassVar[Permission]
    needs_district: ClassVar[bool] = True
    key_field: ClassVar[str] = ""  # the field that a second record of it conflicts in
    name_field: ClassVar[str] = "name"
    identifying: ClassVar[tuple[str, ...]] = ()  # all that `identify`, `note` look at
    conflict_code: ClassVar[str] = "conflict_in_file"
    place_fields: ClassVar[tuple[str, ...]] = ()
    can_be_undone: ClassVar[bool] = False  # has `obstacles` and `take_back`
    has_effective_day: ClassVar[bool] = True  # holds from a day that is asked for
    derived: ClassVar[dict[str, str]] = {}  # what changes besides columns, in words
    has_records: ClassVar[bool] = False  # has `records`, to be edited and sent back

    def __init__(
        self, *, by: User, district: Any = None, today: date, as_of: date | None = None
    ):
        super().__init__()
        self.by = by
        self.district = district
        self.today = today
        self.as_of = as_of or today
        self.paths = by.scope_paths(self.permission)
        self.batch: Any = None  # the batch that is being written
        self.corrections: dict[str, Any] = {}  # what a person said of the layout
        self.decisions: dict[str, str] = {}  # and of rows that may be a known record
        self.distinct: set[tuple[str, int]] = set()  # (signature, record) told apart

    @classmethod
    def columns(cls) -> dict[str, SheetField]:
        """Return the declared fields by name, in their order."""
        for name, column in cls.fields.items():
            column.name = name
        return cls.fields

    @classmethod
    def scopes(cls, user: User) -> Sequence[Place]:
        """Return the places for which the user may import this kind."""
        raise NotImplementedError

    @classmethod
    def place_of(cls, code: str) -> Place | None:
        """Return the place with this code, whoever may see it."""
        raise NotImplementedError

    @classmethod
    def lists(cls, place: Place | None) -> dict[str, Sequence[str]]:
        """Return field → what may be chosen in the template, besides its `choices`."""
        return {}

    @classmethod
    def records(cls, request: Request) -> Iterable[Mapping[str, Any]]:
        """Yield what is stored of each record that a list shows, by field, in words.

        The workbook made of it can be edited and imported again. Respects the search
        in the request, and what the person may see.
        """
        raise NotImplementedError

    @classmethod
    def place_named(
        cls, names: Iterable[tuple[str, ...]], places: Sequence[Place]
    ) -> Place | None:
        """Return the one place that the `place_fields` of a file's rows make plain."""
        return None

    def may_touch(self, path: str) -> bool:
        """Tell whether something with this path is in the importing person's area."""
        return path.startswith(tuple(self.paths))

    def in_words(self) -> dict[str, Callable[[Any], Any]]:
        """Return how the values of fields are shown: masked, or by their labels."""
        words: dict[str, Callable[[Any], Any]] = {}
        for name, column in self.columns().items():
            if column.mask:
                words[name] = column.mask
            elif column.labels:
                words[name] = column.label
        return words

    def decision(self, row: Row) -> str:
        """Return what a person decided about a row: "new", "skip", "same:<key>"."""
        if not self.decisions:
            return ""
        return self.decisions.get(row_key(row.sheet, row.number), "")

    def prepare(self) -> None:
        """Fetch what every lot needs: the places, the lists of codes."""

    def identify(self, row: Row) -> str:
        """Return what makes two rows of a file the same record, "" for nothing.

        Sees the `identifying` fields and the name only.
        """
        value = row.values.get(self.key_field)
        return str(value) if value else ""

    def note(self, row: Row) -> None:
        """See a row's identifying fields before any row is checked."""

    def check(self, rows: list[Row]) -> None:
        """Compare rows with the database; set their action and changes."""
        raise NotImplementedError

    def compared_with(self) -> Sequence[QuerySet[Any]]:
        """Return all stored rows that `check` looks at; nothing when that is unknown.

        A kind that says so keeps `decided` of each row that goes in, and gets it back
        with `recall` when it is written: while none of these rows has changed, nothing
        is compared a second time.
        """
        return ()

    def decided(self, row: Row) -> Any:
        """Return, as JSON has it, what `apply` needs besides values and changes."""

    def recall(self, row: Row, decided: Any) -> None:
        """Give a row back what `decided` said of it."""

    def apply(self, rows: list[Row]) -> Iterable[Any]:
        """Write rows that go in; yield one small entry for the trail for each.

        Sets `row.record`, and in `row.before` what undoing needs besides `changes`; of
        a new record `row.made` may hold its columns, to see later that it was changed.
        """
        raise NotImplementedError

    def obstacles(self, written: list[Written]) -> dict[int, str]:
        """Return the records that cannot be taken back any more, and why, in words."""
        raise NotImplementedError

    def take_back(self, written: list[Written]) -> None:
        """Remove what the import added and restore what it changed; mark figures."""
        raise NotImplementedError

    def finish(self) -> None:
        """Do what is done once after all lots: dirty marks."""
