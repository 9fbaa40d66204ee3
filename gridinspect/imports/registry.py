"""Which kinds of workbook can be imported: each app registers its own."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridinspect.imports.resource import SheetResource

RESOURCES: dict[str, type["SheetResource"]] = {}
ALIASES = {"roster": "staff", "enterprise": "enterprises", "grid": "grids"}


class UnknownKind(LookupError):
    """No app imports workbooks of this kind."""


def register(kind: str):
    """Decorate a Resource so that workbooks of this kind are imported by it."""

    def add(resource: type["SheetResource"]) -> type["SheetResource"]:
        resource.kind = kind
        RESOURCES[kind] = resource
        return resource

    return add


def resource_for(kind: str) -> type["SheetResource"]:
    """Return the Resource of a kind. Raises UnknownKind naming those that exist."""
    try:
        return RESOURCES[ALIASES.get(kind, kind)]
    except KeyError:
        known = "、".join(sorted(RESOURCES))
        raise UnknownKind(f"没有“{kind}”这种导入，可用的有：{known}。") from None
