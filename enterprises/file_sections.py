"""What stands in the whole file of a unit (一户一档): its parts, from every room.

A room that knows something of units says in its `ui.py` what its part of the printed
file is; the paper (file_paper.py), its 卷内目录 and the archive come by themselves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from enterprises.models import Enterprise
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission, roles_with
from gridinspect.documents.models import Attachment
from grids.access import may

# A print stays in the archive for others, so it is put away under one of these, the
# first that its maker holds, and contains only what everybody who holds it may see.
ARCHIVED_UNDER = (Permission.FILE_PRINT, Permission.ENTERPRISE_VIEW)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Labels with their values, as on a form; values are put into words."""

    facts: Sequence[tuple[str, Any]]
    title: str = ""


@dataclass(frozen=True, slots=True)
class FileTable:
    """Rows under heads; `widths` are shares of the page's width, equal by default."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]
    widths: Sequence[float] = ()
    numeric: Sequence[int] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class FilePhotos:
    """Photographs, each with a caption that says what it shows and when."""

    shots: Sequence[tuple[str, Attachment]]
    title: str = "照片"


Part = FileFacts | FileTable | FilePhotos | str  # a str is a paragraph
Provider = Callable[[User, Enterprise], Sequence[Part]]


@dataclass(frozen=True, slots=True)
class FileSection:
    """One numbered part of a unit's whole file.

    `provider(user, unit)` returns its content, personal numbers masked; nothing prints
    暂无记录. It returns only what everybody who holds `permission` may see there.
    """

    key: str
    title: str
    provider: Provider
    permission: Permission = Permission.ENTERPRISE_VIEW
    order: int = 500

    def is_fit_for(self, permission: Permission) -> bool:
        """Tell whether all who hold a permission hold this section's own one."""
        return set(roles_with(permission)) <= set(roles_with(self.permission))


@dataclass
class FileSections:
    """The parts of the whole file, in the order of `order`."""

    _sections: dict[str, FileSection] = field(default_factory=dict)

    def add(
        self,
        key: str,
        title: str,
        provider: Provider,
        permission: Permission = Permission.ENTERPRISE_VIEW,
        order: int = 500,
    ) -> None:
        """Add a part; the same key again replaces it. Rooms take orders 100 to 899."""
        self._sections[key] = FileSection(key, title, provider, permission, order)

    def __iter__(self):
        return iter(sorted(self._sections.values(), key=lambda one: one.order))

    def for_user(self, user: User, unit: Enterprise) -> list[FileSection]:
        """Return the parts of this unit's file that this person may print."""
        under = archived_under(user, unit)
        return [
            one
            for one in self
            if may(user, one.permission, at=unit.grid) and one.is_fit_for(under)
        ]


def archived_under(user: User, unit: Enterprise) -> Permission:
    """Return the permission that this person's print of the file is kept under."""
    held = (one for one in ARCHIVED_UNDER if may(user, one, at=unit.grid))
    return next(held, Permission.ENTERPRISE_VIEW)


file_sections = FileSections()
