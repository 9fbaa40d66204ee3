"""The words, numbers, badges, icons and fields of all pages."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, Select, SelectMultiple, Textarea
from django.forms.widgets import CheckboxSelectMultiple, RadioSelect
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

from gridinspect import secrets
from gridinspect.ui.registry import standing
from gridinspect.ui.tables import NOTHING, Table

register = template.Library()

# Kinds of badge. The colours of warning levels are for warnings only, and the word
# always stands with them.
BADGES = ("plain", "info", "ok", "notice", "warning", "danger")


@register.simple_tag
def rate(numerator: int | None, denominator: int | None) -> str | SafeString:
    """Show a rate of two counts in percent; without a denominator there is none."""
    if not denominator or numerator is None:
        return format_html(
            '<span class="gi-nothing" title="分母为零，无法计算比率">{}</span>', NOTHING
        )
    percent = Decimal(numerator) * 100 / Decimal(denominator)
    return f"{percent:.1f}%"


@register.filter
def ymd(value: date | datetime | None) -> str:
    """2010-07-26, as in tables."""
    return _day(value).isoformat() if value else NOTHING


@register.filter
def cn_date(value: date | datetime | None) -> str:
    """2010年7月26日, as in documents."""
    if not value:
        return NOTHING
    day = _day(value)
    return f"{day.year}年{day.month}月{day.day}日"


@register.filter
def ymd_hm(value: datetime | str | None) -> str:
    """2010-07-26 09:30 in the office's own time; also of an instant in ISO form."""
    if not value:
        return NOTHING
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")


@register.filter
def thousands(value: float | Decimal | None) -> str:
    """Group the digits of a number by thousands."""
    if value is None or value == "":
        return NOTHING
    return f"{value:,}"


@register.simple_tag(takes_context=True)
def table_query(context: Context, table: Table, **changes: Any) -> str:
    """Return the query of this page with other parameters of one table; None: without.

    Two tables of one page keep their parameters apart by the table's prefix.
    """
    asked = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            asked.pop(table.prefix + name, None)
        else:
            asked[table.prefix + name] = str(value)
    return f"?{asked.urlencode()}"


@register.simple_tag
def badge(text: str, kind: str = "plain") -> SafeString:
    """Show a state as a badge; the kind colours it, the word says it."""
    return badge_html(text, kind)


def badge_html(text: str, kind: str = "plain") -> SafeString:
    """Return a badge, for the value of a table cell."""
    known = kind if kind in BADGES else "plain"
    return format_html('<span class="gi-badge gi-badge-{}">{}</span>', known, text)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Show one of the Bootstrap icons, which readers aloud skip."""
    return format_html('<i class="bi bi-{}" aria-hidden="true"></i>', slugify(name))


@register.simple_tag
def mask_id(text: str | None) -> str:
    return secrets.mask_id(text) if text else NOTHING


@register.simple_tag
def mask_phone(text: str | None) -> str:
    return secrets.mask_phone(text) if text else NOTHING


@register.simple_tag
def chart(spec: Any) -> SafeString:
    """Show a chart (documents.charts.ChartSpec): drawn by a script, a table without.

    The page includes "documents/_chart_scripts.html" in its block "scripts".
    """
    return spec.as_html()


@register.inclusion_tag("ui/_field.html")
def field(bound: BoundField) -> dict:
    """Show a field of a form with its label, help and errors."""
    widget = bound.field.widget
    choices = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    check = isinstance(widget, CheckboxInput)
    area = isinstance(widget, Textarea)
    attrs: dict[str, str | bool] = {"class": _css(bound, choices=choices)}
    attrs["maxlength"] = False  # it would cut what is pasted without a word
    if area and widget.attrs.get("rows") == "10":  # Django's own idea of a long text
        attrs["rows"] = "3"
    return {
        "bound": bound,
        "widget": bound.as_widget(attrs=attrs),
        "is_check": check,
        "is_group": choices or bound.use_fieldset,
        "is_wide": choices or area,
    }


@register.simple_tag
def standing_of(user: Any) -> str:
    """Say where an account stands, such as “二七区 · 区县管理”."""
    return standing.of(user)


def _css(bound: BoundField, *, choices: bool) -> str:
    """Return the classes of a field's widget, its own ones first."""
    widget = bound.field.widget
    own = widget.attrs.get("class", "")
    if choices:  # they would go to the box around the choices too
        return own
    css = "form-control"
    if isinstance(widget, CheckboxInput):
        css = "form-check-input"
    elif isinstance(widget, Select | SelectMultiple):
        css = "form-select"
    return f"{own} {css}{' is-invalid' if bound.errors else ''}".strip()


def _day(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value
