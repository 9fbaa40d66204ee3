"""建议网格: what the typed address or coordinates say, before a file is saved."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from enterprises.allocation import CONFIDENCES, METHODS, Evidence
from enterprises.freshness import districts_of
from enterprises.services.trials import suggest
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from grids.forms import GridField, spelled
from grids.models import Grid

_EVIDENCE = ("address", "registered_address", "road", "house_number")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the page says of the grid of the unit being typed."""

    reason: str
    grid: Grid | None = None
    method: str = ""
    confidence: str = ""
    candidates: tuple[Grid, ...] = ()
    is_foreign: bool = False  # not among those that this person may choose


def suggested(
    request: Request,
    form_of: Callable[[dict[str, Any]], Any],
    grids: QuerySet[Grid],
    *,
    district: Grid | None = None,
) -> tuple[Any, Suggestion]:
    """Return the form as it was typed, with the suggested grid in it, and why.

    `form_of` makes the form from what was typed; nothing is checked or saved.
    """
    typed = request.POST.dict()
    district = district or _district(request, typed.get("grid", ""), grids)
    if district is None:
        return form_of(typed), Suggestion(
            "请先在“所属网格”填写区县或其中任一网格，再点“建议网格”。"
        )
    verdict, found = suggest(district, _evidence(typed))
    allowed = set(grids.filter(pk__in=[one.pk for one in found]).values_list("pk"))
    if verdict.grid is None:
        return form_of(typed), Suggestion(verdict.reason, candidates=tuple(found))
    (grid,) = found
    is_foreign = (grid.pk,) not in allowed
    if not is_foreign:
        typed["grid"] = spelled(grid)
    return form_of(typed), Suggestion(
        verdict.reason,
        grid=grid,
        method=METHODS[verdict.method],
        confidence=CONFIDENCES[verdict.confidence],
        is_foreign=is_foreign,
    )


def _district(request: Request, text: str, grids: QuerySet[Grid]) -> Grid | None:
    """Return the district of the grid that was typed, else the user's only one."""
    if text:
        try:
            if found := GridField(queryset=grids).clean(text):
                return found.district
        except ValidationError:
            pass
    own = districts_of(request.user, Permission.ENTERPRISE_EDIT)
    return Grid.objects.get(pk=own.pop()) if len(own) == 1 else None


def _evidence(typed: dict[str, str]) -> Evidence:
    fields = {name: typed.get(name, "")[:200] for name in _EVIDENCE}
    longitude, latitude = (
        _degrees(typed.get(n, "")) for n in ("longitude", "latitude")
    )
    both = longitude is not None and latitude is not None
    return Evidence(
        address=fields["address"] or fields["registered_address"],
        road=fields["road"],
        house_number=fields["house_number"],
        point=(longitude, latitude) if both else None,  # type: ignore[arg-type]
    )


def _degrees(text: str) -> float | None:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return float(value) if value.is_finite() else None
