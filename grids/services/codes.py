"""The numbering of a city's grids: its scheme, what is free, and what is refused."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.code_rules import (
    Scheme,
    WrongScheme,
    is_regular,
    next_codes,
    objection,
    require_sound,
    stem,
)
from grids.models import City, CodeScheme, Grid, GridPeriod
from grids.services.guard import Refused

FIELDS = (
    *("district_digits", "street_digits", "community_digits", "serial_digits"),
    *("padded_to", "allows_free", "check_codes"),
)


def scheme_of(city: City) -> CodeScheme:
    """Return how a city numbers its grids; the default where nothing was set."""
    return CodeScheme.objects.filter(city=city).first() or CodeScheme(city=city)


@transaction.atomic
def set_scheme(*, city: City, by: User, **fields: Any) -> CodeScheme:
    """Say how a city numbers its grids. Codes that stand are not touched by it.

    `fields` are those of FIELDS. Raises ValidationError.
    """
    if strange := set(fields) - set(FIELDS):
        raise TypeError(f"No fields of a scheme: {sorted(strange)}")
    City.objects.select_for_update().get(pk=city.pk)
    scheme = scheme_of(city)
    before = {name: getattr(scheme, name) for name in FIELDS}
    for name, value in fields.items():
        setattr(scheme, name, value)
    try:
        require_sound(scheme.rule)
    except WrongScheme as wrong:
        raise ValidationError(str(wrong)) from None
    scheme.full_clean()
    scheme.save()
    after = {name: getattr(scheme, name) for name in FIELDS}
    if before != after:
        record("code_scheme.set", by=by, target=scheme, before=before, after=after)
    return scheme


def taken_codes(begins: str) -> set[str]:
    """Return the codes with this beginning that a grid has, or once had."""
    now = Grid.objects.filter(code__startswith=begins)
    once = GridPeriod.objects.filter(code__startswith=begins)
    return {
        *now.values_list("code", flat=True),
        *once.values_list("code", flat=True),
    }


def free_codes(parent: Grid, number: int = 1) -> list[str]:
    """Return the next codes below a grid that nobody had; fewer if they run out."""
    rule = scheme_of(parent.city).rule
    begins = stem(rule, parent.code)
    return next_codes(rule, parent.code, taken_codes(begins or parent.code), number)


def suggest_code(parent: Grid | None, division_code: str = "") -> str:
    """Return a code for a new grid: its division code, or the next one that is free.

    "" where no rule fits.
    """
    if division_code and parent is None:
        return division_code[: CodeScheme().district_digits]
    if division_code or parent is None:
        return division_code
    return next(iter(free_codes(parent)), "")


def advice_on(code: str, *, kind: str, parent: Grid | None, city: City) -> str:
    """Say in Chinese how a code departs from its city's scheme; "" if it does not."""
    return objection(scheme_of(city).rule, code, kind, parent.code if parent else "")


def require_code(
    code: str, *, kind: str, parent: Grid | None, city: City, but: Grid | None = None
) -> None:
    """Refuse a code that is taken, is another city's, or against a strict scheme.

    `but` is the grid itself, when it stands already.
    """
    others = Grid.objects.exclude(pk=but.pk) if but else Grid.objects.all()
    holder = others.filter(code=code).select_related("district").first()
    if holder:
        raise taken(code, holder, parent)
    scheme = scheme_of(city)
    if foreign := foreign_city(scheme.rule, code, kind, city):
        raise of_field(foreign)
    if scheme.refuses and (
        fault := objection(scheme.rule, code, kind, parent.code if parent else "")
    ):
        raise of_field(fault)


def of_field(sentence: str) -> Refused:
    """Return a refusal that stands at the field of the code."""
    return Refused({"code": [sentence]})


def taken(code: str, holder: Grid | None, parent: Grid | None) -> Refused:
    """Return the refusal of a code that another grid has, with a free one."""
    whose = "别的区县的网格"
    if holder and parent and holder.district_id == parent.district_id:
        whose = f"“{holder}”{'（已停用）' if holder.closed_on else ''}"
    free = suggest_code(parent)
    remedy = f"请换一个编码，如 {free}" if free else "请换一个编码"
    return of_field(
        f"编码“{code}”已存在，由{whose}使用；{remedy}，或用“重新编码”与它互换。"
    )


def foreign_city(rule: Scheme, code: str, kind: str, city: City) -> str:
    """Say in Chinese that the digits of a code are another city's; "" if not."""
    own = city.code[:4]
    if not is_regular(rule, code, kind) or code.startswith(own):
        return ""
    others = City.objects.exclude(pk=city.pk).filter(code__startswith=code[:4])
    if not (other := others.first()):
        return ""
    return f"编码“{code}”属于{other}，本网格在{city}，请改为 {own} 开头的编码。"
