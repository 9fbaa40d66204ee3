"""Records of a phone's queue become visits: what fits is kept, the rest as words.

A queue only appends, and what was written in the field is never refused for its form: a
form that has changed, a unit that has gone or a photograph that is damaged leaves its
words with the visit. Only what nobody can read, or what belongs to another account, is
sent back.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from cases.visits.checklist import visit_form
from cases.visits.forms import VisitForm
from cases.visits.forms.visit import tasks_for
from cases.visits.models import Visit
from cases.visits.rules import Leftover, leftovers, stated_too_late
from cases.visits.services.queue import NotOpened, open_record
from cases.visits.services.visits import record_visit
from cases.visits.units import own_units
from enterprises.models import Enterprise
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.documents.attachments import checked
from grids.models import Grid

# What the page adds to the fields of the form.
ASIDE = {"form", "unit", "unit_name", "saved_at", "photos", "key", "labels"}
# What says nothing without the field that it belongs to.
BELONG = {
    "hazard_advice": "hazard_words",
    "hazard_advice_result": "hazard_words",
    "hazard_follow_up_on": "hazard_words",
    "hazard_escalate": "hazard_words",
    "publicity_material": "publicity_audience",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one record of a queue."""

    id: str
    state: str  # new, same, refused
    message: str
    visit: Visit | None = None

    def to_json(self) -> dict[str, str]:
        url = self.visit.get_absolute_url() if self.visit else ""
        return {
            "id": self.id,
            "state": self.state,
            "message": self.message,
            "url": url,
        }


def take(sealed: Mapping[str, Any], *, by: User) -> Answer:
    """Record one sealed visit; the same record again is answered with its visit."""
    name = str(sealed.get("id", ""))[:40]
    try:
        key, said = open_record(sealed, by=by)
        if earlier := Visit.objects.filter(client_id=key, recorded_by=by).first():
            return Answer(name, "same", "已经上传过，没有重复保存。", earlier)
        visit, is_new = _record(key, said, by)
    except NotOpened as error:
        return Answer(name, "refused", str(error))
    except ValidationError as error:
        return Answer(name, "refused", error.messages[0])
    words = "已上传。" if is_new else "已经上传过，没有重复保存。"
    if visit.leftovers:
        words += f"有 {len(visit.leftovers)} 项与现行表式不符，已作为文字保留。"
    return Answer(name, "new" if is_new else "same", words, visit)


def _record(key, said: Mapping[str, Any], by: User) -> tuple[Visit, bool]:
    unit, rest = _unit(said, by)
    grids = own_grids(by)
    typed = {name: value for name, value in said.items() if name not in ASIDE}
    tasks = tasks_for(by, unit)
    form = VisitForm(_as_posted(typed), unit=unit, grids=grids, tasks=tasks)
    form.is_valid()
    errors = {name: str(words[0]) for name, words in form.errors.items()}
    for name, main in BELONG.items():
        if not form.cleaned_data.get(main):
            errors.setdefault(name, "没有填写所属的内容，已作为文字保留。")
    labels = _labels(form, said)
    rest += leftovers(typed, known=form.fields, errors=errors, labels=labels)
    saved_at = _moment(said.get("saved_at"))
    visited_at = form.cleaned_data.get("visited_at") or saved_at
    if problem := stated_too_late(visited_at, timezone.now()):
        rest.append(Leftover("走访时间", f"{visited_at:%Y-%m-%d %H:%M}", problem))
        visited_at = timezone.now()
    photos, spoilt = _photos(said.get("photos"))
    more = _where(form, unit, said, grids)
    facts = form.facts(
        client_id=key,
        visited_at=visited_at,
        photos=photos,
        form_version=_version(said.get("form")),
        is_offline=True,
        **more,
    )
    facts, late = _settled(facts, visited_at)
    facts = replace(facts, leftovers=[*rest, *spoilt, *late])
    return record_visit(facts=facts, by=by)


def _labels(form: VisitForm, said: Mapping[str, Any]) -> dict[str, str]:
    """Return what the fields were called when they were filled in, else today."""
    labels = {name: str(field.label) for name, field in form.fields.items()}
    theirs = said.get("labels")
    if isinstance(theirs, dict):
        labels = {str(key): str(word)[:60] for key, word in theirs.items()} | labels
    return labels


def _unit(
    said: Mapping[str, Any], by: User
) -> tuple[Enterprise | None, list[Leftover]]:
    """Return the unit if the visitor still looks after it, else its name as words."""
    asked = said.get("unit")
    if asked in (None, ""):
        return None, []
    key = str(asked)
    if key.isascii() and key.isdigit() and len(key) < 19:
        units = Enterprise.objects.filter(pk__in=own_units(by).values("pk"))
        if unit := units.select_related("grid").filter(pk=key).first():
            return unit, []
    name = str(said.get("unit_name") or key)[:200]
    why = "这个单位已不在您的网格或已停业，请核对后另行处理。"
    return None, [Leftover("单位", name, why)]


def _where(form, unit, said, grids) -> dict[str, Any]:
    """Return where it was, when the form alone does not say."""
    if unit is not None:
        return {}
    if not grids:
        raise ValidationError("您没有可以登记走访的网格，请联系管理员。")
    chosen = form.grids.get(form.cleaned_data.get("grid", ""), grids[0])
    name = form.cleaned_data.get("place_name") or str(said.get("unit_name") or "")
    address = form.cleaned_data.get("address", "")
    if not (name or address):
        name = "未写明的单位"
    return {"grid": chosen, "place_name": name[:200], "address": address}


def _settled(facts, visited_at: datetime):
    """Take out what the services would refuse, and keep it as words."""
    kept: dict[str, Any] = {}
    late: list[Leftover] = []
    on = timezone.localdate(visited_at)
    if facts.next_on and facts.next_on < on:
        kept["next_on"] = None
        words = "早于走访日期。"
        late.append(Leftover("下次走访日期", facts.next_on.isoformat(), words))
    if hazard := facts.hazard:
        changes: dict[str, Any] = {}
        if hazard.follow_up_on and hazard.follow_up_on < on:
            changes["follow_up_on"] = None
            day = hazard.follow_up_on.isoformat()
            late.append(Leftover("复查日期", day, "早于走访日期。"))
        if hazard.escalate and hazard.level == "general":
            changes["escalate"] = False
            words = "一般隐患没有上报；确需上报的，请在隐患页办理。"
            late.append(Leftover("立即上报", "是", words))
        kept["hazard"] = replace(hazard, **changes)
    return replace(facts, **kept), late


def own_grids(user: User) -> list[Grid]:
    """Return the open grids where the user records visits, leaves first."""
    grids = Grid.objects.where(user, Permission.VISIT_RECORD).filter(closed_on=None)
    return list(grids.order_by("-level", "code")[:200])


def _as_posted(typed: Mapping[str, Any]):
    posted = QueryDict(mutable=True)
    for name, value in typed.items():
        values = value if isinstance(value, list) else [value]
        words = [str(one) for one in values if one not in (None, "")]
        posted.setlist(str(name), words)
    return posted


def _photos(said: Any) -> tuple[list[Any], list[Leftover]]:
    """Return the photographs that can be kept, and words for the others."""
    kept: list[Any] = []
    spoilt: list[Leftover] = []
    for one in said if isinstance(said, list) else []:
        name = str(one.get("name", "照片") if isinstance(one, dict) else "照片")[:60]
        try:
            content = base64.b64decode(str(one["data"]), validate=True)
            upload = SimpleUploadedFile(name or "照片", content)
            checked(upload, images_only=True)
        except ValidationError as error:
            spoilt.append(Leftover("照片", name, error.messages[0]))
        except (KeyError, TypeError, ValueError):
            spoilt.append(Leftover("照片", name, "照片已损坏，没有保存。"))
        else:
            upload.file = BytesIO(content)
            kept.append(upload)
    return kept, spoilt


def _moment(said: Any) -> datetime:
    """Return when the phone says it was saved, now when that cannot be read."""
    try:
        moment = parse_datetime(str(said))
    except ValueError:
        moment = None
    if moment is None:
        return timezone.now()
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _version(said: Any) -> int:
    ours = visit_form().version
    return said if isinstance(said, int) and 0 < said < 10_000 else ours
