"""Two people editing one file: neither loses anything, the second sees both values."""

from dataclasses import dataclass

from enterprises.forms import ChangeForm
from enterprises.models import Enterprise
from enterprises.services.files import (
    FORM_FIELDS,
    SECRETS,
    Change,
    changes_since,
    field_label,
    in_words,
)

DATED = ("grid", "status")


@dataclass(frozen=True, slots=True)
class Met:
    """One field that somebody else changed while this person was editing."""

    label: str
    theirs: str
    mine: str  # "" where this person had not touched it: theirs stands
    by: str
    at: object


def reconcile(
    form: ChangeForm, current: Enterprise, *, grids
) -> tuple[ChangeForm, list[Met]]:
    """Return the form again over the current file, and what the two editors met in.

    A field that only the other person changed takes that value. A field that both
    changed keeps what this person typed, with an error naming both values; saving once
    more settles it.
    """
    theirs = _their_changes(form, current)
    mine = _typed_unit(form, current)
    data, met, conflicts = dict(form.data.items()), [], []
    for name in sorted(theirs):
        change, now, own = theirs[name], in_words(current, name), in_words(mine, name)
        if own == now:
            continue
        untouched = own == change.before
        if untouched:
            data[name] = _as_typed(current, name)
        else:
            conflicts.append(name)
        met.append(_met(name, change, now, "" if untouched else own))
    data["edition"] = str(current.edition)
    again = ChangeForm(data, instance=current, grids=grids)
    again.is_valid()
    for name in conflicts:
        change = theirs[name]
        again.add_error(
            name,
            f"{change.by}刚刚改为“{in_words(current, name) or '空'}”，"
            f"您填写的是“{in_words(mine, name) or '空'}”。"
            "保留您的值请再次保存，否则请改成对方的值。",
        )
    return again, met


def _their_changes(form: ChangeForm, current: Enterprise) -> dict[str, Change]:
    """Return what others changed; an import leaves no word for single fields.

    Then every field may have been changed, and nothing is known of its old value.
    """
    names = FORM_FIELDS | set(DATED)
    names -= form.secrets_left
    known = changes_since(current, form.cleaned_data["edition"])
    if known:
        return {name: change for name, change in known.items() if name in names}
    unknown = Change("\0", "", "他人（批量导入）", current.changed_at)
    return dict.fromkeys(names, unknown)


def _typed_unit(form: ChangeForm, current: Enterprise) -> Enterprise:
    """Return the file as this person wants it, without saving it."""
    unit = Enterprise.objects.select_related("grid").get(pk=current.pk)
    for name in FORM_FIELDS | set(DATED):
        if name in form.secrets_left:
            continue
        value = form.cleaned_data[name]
        setattr(unit, name, value or None if name == "uscc" else value)
    return unit


def _as_typed(unit: Enterprise, name: str) -> str:
    """Return a value as a field shows it; nobody reads a telephone off the form."""
    if name in SECRETS:
        return ""
    form = ChangeForm(instance=unit, grids=None)
    return form.typed(name)


def _met(name: str, change: Change, now: str, own: str) -> Met:
    return Met(field_label(name), now or "空", own, change.by, change.at)
