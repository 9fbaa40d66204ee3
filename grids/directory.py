"""通讯录: who is on post where, who leads which office, who sits in which group.

Private telephone numbers of persons are masked; in full they stand only in what a
person with the right to it asks for with a reason (`views.directory.directory_reveal`).
Numbers of offices and the work telephones of staff (办公电话, printed on the walls) are
public: nobody reaches another person's private number to reach him at work.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import IO, Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.documents.sheets import SheetColumn, book
from gridinspect.scope import within_paths
from gridinspect.secrets import mask_phone
from grids.models import City, Grid, GroupMember, Office, OfficeLeader, Posting

Shown = Callable[[str], str]  # a telephone number as this reader gets it


_work_phone: list[str] = []  # where an upper app keeps it, seen from a person


def work_phone_at(path: str) -> None:
    """Say which field leads from a person to the public work telephone."""
    _work_phone[:] = [path]


def _with_work_phone(rows: QuerySet, person: str) -> QuerySet:
    """Fetch the work telephone of the person that `person` leads to."""
    if not _work_phone:
        return rows.annotate(work_phone=Value("", output_field=CharField()))
    return rows.annotate(work_phone=F(f"{person}__{_work_phone[0]}"))


def masked(phone: str) -> str:
    return mask_phone(phone) if phone else ""


def in_full(phone: str) -> str:
    return phone


@dataclass(frozen=True)
class Part:
    """One part of the directory: its rows, as texts under these heads."""

    key: str
    label: str
    heads: tuple[str, ...]
    search: tuple[str, ...]  # the fields that a word is looked for in
    of: str  # leads from a row to what stands on a grid or a city
    rows: Callable[[User], Any]
    cells: Callable[[Any, Shown], tuple[str, ...]]
    has_private: bool = True  # numbers of persons, masked

    @property
    def order(self) -> tuple[str, str]:
        """Return what the rows are sorted by: a city's own first, then by the tree."""
        return f"{self.of}city__code", f"{self.of}grid__path"

    def found(self, user: User, place: Grid | City | None, words: str) -> Any:
        """Return the rows that a person sees in a place, with these words."""
        rows = self.rows(user)
        if place is not None:
            here = within_paths([place.path], f"{self.of}grid__path")
            if isinstance(place, City):
                here |= Q(**{f"{self.of}city": place})
            rows = rows.filter(here)
        if words:
            holds = Q()
            for field in self.search:
                holds |= Q(**{f"{field}__icontains": words})
            rows = rows.filter(holds)
        return rows


def _posts(user: User) -> Any:
    posts = Posting.objects.visible_to(user).current()
    rows = posts.select_related("person", "grid", "city")
    return _with_work_phone(rows, "person").order_by(
        "city__code", "grid__path", "role", "pk"
    )


def _leaders(user: User) -> Any:
    leaders = OfficeLeader.objects.visible_to(user).on(timezone.localdate())
    rows = leaders.select_related("person", "office__grid", "office__city")
    return _with_work_phone(rows, "person").order_by(
        "office__city__code", "office__grid__path", "office__kind", "pk"
    )


def _members(user: User) -> Any:
    members = GroupMember.objects.visible_to(user).on(timezone.localdate())
    rows = members.select_related("person", "group__grid", "group__city")
    return _with_work_phone(rows, "person").order_by(
        "group__city__code", "group__grid__path", "group", "part", "pk"
    )


def _offices(user: User) -> Any:
    offices = Office.objects.visible_to(user).open()
    return offices.select_related("grid", "city").order_by(
        "city__code", "grid__path", "kind", "pk"
    )


PARTS = (
    Part(
        "posts",
        "在岗人员",
        ("姓名", "岗位", "网格", "办公电话", "个人电话"),
        ("person__name", "grid__name", "city__name"),
        "",
        _posts,
        lambda post, shown: (
            post.person.name,
            post.get_role_display(),
            str(post.place),
            post.work_phone or "",
            shown(post.person.phone),
        ),
    ),
    Part(
        "leaders",
        "机构负责人",
        ("姓名", "职务", "机构", "网格", "办公电话", "个人电话"),
        (
            "person__name",
            "office__name",
            "office__grid__name",
            "office__city__name",
        ),
        "office__",
        _leaders,
        lambda leader, shown: (
            leader.person.name,
            leader.title,
            leader.office.name,
            leader.office.place.name,
            leader.work_phone or leader.office.phone,
            shown(leader.person.phone),
        ),
    ),
    Part(
        "members",
        "领导小组",
        ("姓名", "组内职务", "单位和职务", "领导小组", "办公电话", "个人电话"),
        ("name", "post", "group__name", "group__grid__name", "group__city__name"),
        "group__",
        _members,
        lambda member, shown: (
            member.name,
            member.get_part_display(),
            member.post,
            member.group.name,
            member.work_phone or "",
            shown(member.person.phone) if member.person else "",
        ),
    ),
    Part(
        "offices",
        "机构",
        ("机构", "类型", "网格", "地址", "办公电话", "开放时间"),
        ("name", "address", "grid__name", "city__name"),
        "",
        _offices,
        lambda office, shown: (
            office.name,
            office.get_kind_display(),
            office.place.name,
            office.address,
            office.phone,
            office.hours,
        ),
        has_private=False,
    ),
)


def revealing(part: Part, rows: Any, user: User) -> Any:
    """Keep the rows whose telephone numbers a person may see in full."""
    paths = user.scope_paths(Permission.PERSONAL_REVEAL)
    here = within_paths(paths, f"{part.of}grid__path")
    cities = {path.strip("/") for path in paths if path.count("/") == 2}
    here |= Q(**{f"{part.of}city__code__in": cities})
    return rows.filter(here)


def write_directory(
    stream: IO[bytes],
    lists: Iterable[tuple[Part, Sequence[Any]]],
    *,
    place: str,
    shown: Shown,
) -> int:
    """Write parts of the directory as a workbook, a sheet each; return all rows."""
    today, total = timezone.localdate(), 0
    with book(stream) as written:
        for part, rows in lists:
            total += written.table(
                part.label,
                [SheetColumn("序号", 6, "integer")]
                + [SheetColumn(head, 18) for head in part.heads],
                (
                    (number, *part.cells(row, shown))
                    for number, row in enumerate(rows, 1)
                ),
                title=f"通讯录：{part.label}",
                organisation=place,
                period=f"截至 {today}",
            )
    return total
