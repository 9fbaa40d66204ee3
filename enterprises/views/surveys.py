"""用人单位调查登记表: filling one in, looking at one, comparing two, printing."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enterprises import survey_rules, survey_view
from enterprises.forms import SurveyHeadForm
from enterprises.models import Enterprise, Survey
from enterprises.paper import survey_pdf
from enterprises.services.surveys import (
    MetDraft,
    NotComplete,
    discard_draft,
    draft_of,
    drafts_of_others,
    handed_in_since,
    last_answers,
    save_draft,
    submit_survey,
)
from enterprises.survey_forms import CURRENT, form_on, read_answers, survey_form
from enterprises.views.units import CRUMBS, visible_unit
from gridinspect.accounts.models import Person
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import POSTED_STAFF, Permission
from gridinspect.documents.answers import pdf_answer
from gridinspect.htmx import is_partial, render_page
from gridinspect.ui.pages import render_list, require_holds
from gridinspect.ui.tables import Column, build_table
from grids.access import may, require
from grids.models import Grid, Posting


def fill_in(request: Request, pk: int) -> HttpResponse:
    """Fill in a survey; what is not finished stays as a draft and is resumed."""
    unit = visible_unit(request, pk)
    require(request.user, Permission.SURVEY_RECORD, at=unit.grid)
    if request.method == "POST":
        return _entered(request, unit)
    collectors = _collectors(request.user, unit)
    draft = draft_of(unit, request.user)
    head = SurveyHeadForm(collectors=collectors, initial=_initial(request, draft))
    answers = draft.answers if draft else {}
    form = form_on(draft.surveyed_on if draft else timezone.localdate())
    page = _Entry(request, unit, form, head, answers, draft)
    return page.answer(checked=draft is not None)


def _entered(request: Request, unit: Enterprise) -> HttpResponse:
    """Take what was typed: by itself while one types, as a draft, or handed in."""
    head = SurveyHeadForm(request.POST, collectors=_collectors(request.user, unit))
    shown = survey_form(_version_shown(request))
    answers, base = read_answers(shown, request.POST), _base(request)
    draft = draft_of(unit, request.user)
    page = _Entry(request, unit, shown, head, answers, draft, base=base)
    is_sound = head.is_valid()
    if part := request.POST.get("reuse"):
        answers = _reused(unit, shown, answers, part)
    act = {
        "enterprise": unit,
        "answers": answers,
        "by": request.user,
        "base": base,
        **_head_so_far(head, draft),
    }
    try:
        if "submit" in request.POST and is_sound:
            survey = submit_survey(**act)
            messages.success(request, f"已提交“{unit}”的调查登记表。")
            return redirect("enterprises:survey", survey.pk)
        page.take(save_draft(**act))
    except NotComplete as stopped:
        page.take(stopped.survey)
        messages.error(request, "登记表还不能提交，已保存为草稿。请按提示改正。")
    except MetDraft as met:
        page.take(met.survey, met=met.met)
    except ValidationError as error:
        messages.warning(request, error.messages[0])
        return redirect(f"{unit.get_absolute_url()}?tab=surveys")
    _say_saved(request, page)
    return page.answer(checked=True)


def _head_so_far(head: SurveyHeadForm, draft: Survey | None) -> dict[str, Any]:
    """Return the head as typed; what is wrong in it stays as it was in the draft.

    So a wrong day keeps nobody's answers from being saved.
    """
    kept = {
        "surveyed_on": draft.surveyed_on if draft else timezone.localdate(),
        "method": draft.method if draft else Survey.Method.VISIT,
        "collected_by": draft.collected_by if draft else None,
    }
    return kept | head.cleaned_data


def _say_saved(request: Request, page: "_Entry") -> None:
    """Say how 保存草稿 went; what saves itself says so beside the buttons."""
    if is_partial(request) or "submit" in request.POST:
        return
    if page.head.errors:
        messages.warning(request, "表头有误，其余内容已保存为草稿。")
    elif page.met:
        messages.warning(request, "另一窗口改过同一份草稿，请核对标出的项目。")
    else:
        messages.success(request, "草稿已保存，尚未提交。")


def _version_shown(request: Request) -> int:
    """Return the version of the form that the browser had before it."""
    asked = request.POST.get("form_version", "")
    known = {str(version) for version in range(1, CURRENT + 1)}
    return int(asked) if asked in known else CURRENT


def _base(request: Request) -> dict[str, Any] | None:
    """Return what stood in the draft when this window got it, if it says so."""
    try:
        base = json.loads(request.POST.get("base", ""))
    except ValueError:
        return None
    return base if isinstance(base, dict) else None


def _reused(unit, form, answers: dict[str, Any], part: str) -> dict[str, Any]:
    """Fill what is empty, of a section or of all, from the unit's last survey."""
    last = last_answers(unit)
    wanted = [
        question.key
        for section in form.sections
        if part in ("all", section.key)
        for question in section.questions
    ]
    taken = {key: last[key] for key in wanted if key in last and key not in answers}
    return answers | taken


class _Entry:
    """The page of one entry: what was typed, what is wrong, what stands beside."""

    def __init__(self, request, unit, form, head, answers, draft, *, base=None):
        self.request, self.unit, self.form, self.head = request, unit, form, head
        self.answers, self.draft = answers, draft
        self.base = dict(answers) if base is None else base
        self.met: dict[str, tuple[Any, Any]] = {}

    def take(self, draft: Survey, *, met=None) -> None:
        """Go on from the draft as it is saved now; collisions show the own value."""
        self.draft, self.met = draft, met or {}
        self.base = dict(draft.answers)
        mine = {key: own for key, (_, own) in self.met.items()}
        self.answers = draft.answers | mine
        self.form = survey_form(draft.form_version)

    def answer(self, *, checked: bool) -> HttpResponse:
        partial = "enterprises/_survey_saved.html"
        page = "enterprises/survey_form.html"
        return render_page(self.request, page, partial, self._context(checked))

    def _context(self, checked: bool) -> dict[str, Any]:
        problems, missing = [], []
        if checked:
            day = self.draft.surveyed_on if self.draft else None
            problems = survey_rules.check(
                self.answers,
                today=timezone.localdate(),
                surveyed_on=day,
                form=self.form,
            )
            missing = survey_rules.missing(self.answers, self.form)
        others = drafts_of_others(self.unit, self.request.user)
        beside = survey_view.Beside(
            last=last_answers(self.unit),
            drafts=[(str(one.recorded_by), one.answers) for one in others],
            met=self.met,
        )
        sections = survey_view.entry_sections(
            self.form,
            self.answers,
            problems,
            missing,
            unit=self.unit,
            beside=beside,
        )
        crumbs = [*CRUMBS, (self.unit.name, self.unit.get_absolute_url())]
        return {
            "title": "填写调查登记表",
            "unit": self.unit,
            "form": self.form,
            "head": self.head,
            "sections": sections,
            "blocking": [problem for problem in problems if problem.blocking],
            "warnings": [problem for problem in problems if not problem.blocking],
            "missing": missing,
            "draft": self.draft,
            "others": others,
            "base": json.dumps(self.base, ensure_ascii=False),
            "met": self.met,
            "has_last": any(section.can_reuse for section in sections),
            "handed_in": handed_in_since(self.draft),
            "may_change": may(
                self.request.user, Permission.ENTERPRISE_EDIT, at=self.unit.grid
            ),
            "crumbs": [*crumbs, ("填写调查登记表", "")],
        }


def _collectors(user, unit: Enterprise):
    """Return who may have taken it: staff on post here or above, and oneself."""
    above = Grid.objects.above(unit.grid).values("pk")
    posted = Posting.objects.current().filter(grid__in=above, role__in=POSTED_STAFF)
    people = Person.objects.filter(pk__in=posted.values("person"))
    return (people | Person.objects.filter(pk=user.person_id)).distinct().order_by("pk")


def _initial(request: Request, draft: Survey | None) -> dict[str, Any]:
    if draft is None:
        return {"collected_by": request.user.person_id}
    return {
        "surveyed_on": draft.surveyed_on,
        "method": draft.method,
        "collected_by": draft.collected_by_id,
    }


@require_POST
def discard(request: Request, pk: int) -> HttpResponse:
    """Throw the own draft for a unit away."""
    unit = visible_unit(request, pk)
    require(request.user, Permission.SURVEY_RECORD, at=unit.grid)
    if draft := draft_of(unit, request.user):
        discard_draft(survey=draft, by=request.user)
        messages.success(request, "草稿已删除。")
    return redirect(unit)


# --- one that was handed in -----------------------------------------------------------


def _visible_survey(request: Request, pk: int) -> Survey:
    surveys = Survey.objects.visible_to(request.user).final()
    related = surveys.select_related(
        "enterprise__grid", "collected_by", "recorded_by__person"
    )
    return get_object_or_404(related, pk=pk)


@require_GET
def survey(request: Request, pk: int) -> HttpResponse:
    """Show one survey as it was handed in."""
    one = _visible_survey(request, pk)
    form = survey_form(one.form_version)
    context = {
        "title": f"{form.title}（{one.surveyed_on}）",
        "survey": one,
        "unit": one.enterprise,
        "sections": survey_view.shown_sections(form, one.answers, one.enterprise),
        "rate": survey_rules.signing_rate(one.answers),
        "late": one.days_late,
        "may_record": may(
            request.user, Permission.SURVEY_RECORD, at=one.enterprise.grid
        ),
        "crumbs": [
            *CRUMBS,
            (one.enterprise.name, f"{one.enterprise.get_absolute_url()}?tab=surveys"),
            (f"登记表 {one.surveyed_on}", ""),
        ],
    }
    return render(request, "enterprises/survey.html", context)


@require_GET
def compare(request: Request, pk: int) -> HttpResponse:
    """Show two surveys of a unit side by side, the differences in words."""
    unit = visible_unit(request, pk)
    versions = Survey.objects.final().filter(enterprise=unit)
    versions = versions.select_related("collected_by").order_by("surveyed_on", "pk")
    keys = [request.GET.get(name, "") for name in ("old", "new")]
    if not all(key.isascii() and key.isdigit() and len(key) < 19 for key in keys):
        messages.warning(request, "请选择两份登记表后再对比。")
        return redirect(f"{unit.get_absolute_url()}?tab=surveys")
    chosen = list(versions.filter(pk__in=keys))
    if len({int(key) for key in keys}) == 1:
        messages.warning(request, "请选择两份不同的登记表。")
        return redirect(f"{unit.get_absolute_url()}?tab=surveys")
    if len(chosen) != 2:
        raise Http404
    old, new = chosen  # by the day they were taken, however they were asked for
    only = request.GET.get("only") == "changed"
    context = {
        "title": "登记表对比",
        "unit": unit,
        "old": old,
        "new": new,
        "only": only,
        "sections": survey_view.compared(old, new, only_changed=only),
        "crumbs": [
            *CRUMBS,
            (unit.name, f"{unit.get_absolute_url()}?tab=surveys"),
            ("登记表对比", ""),
        ],
    }
    return render(request, "enterprises/survey_compare.html", context)


@require_GET
def pdf(request: Request, pk: int) -> HttpResponse:
    """Print a survey as the paper form."""
    one = _visible_survey(request, pk)
    return pdf_answer(survey_pdf(one.enterprise, one), f"survey-{one.pk}.pdf")


@require_GET
def blank_pdf(request: Request, pk: int) -> HttpResponse:
    """Print the empty form with the unit's head, to fill in by hand."""
    unit = visible_unit(request, pk)
    return pdf_answer(survey_pdf(unit, None), f"survey-form-{unit.pk}.pdf")


@require_GET
def drafts(request: Request) -> HttpResponse:
    """List one's own drafts, to be taken up again."""
    require_holds(request.user, Permission.SURVEY_RECORD)
    own = Survey.objects.visible_to(request.user).filter(
        state=Survey.State.DRAFT, recorded_by=request.user
    )
    table = build_table(
        request,
        own.select_related("enterprise__grid"),
        [
            Column("enterprise", "单位名称", link=_resume_url),
            Column("grid", "所属网格", "enterprise.grid.name"),
            Column("surveyed_on", "采集日期", sort="surveyed_on"),
            Column("changed_at", "最后保存", sort="changed_at"),
        ],
        name="survey-drafts",
        default_sort="-changed_at",
    )
    return render_list(
        request,
        title="登记表草稿",
        table=table,
        crumbs=CRUMBS,
        empty="没有未提交的草稿。在单位档案中点“采集”即可开始填写。",
    )


def _resume_url(draft: Survey) -> str:
    return reverse("enterprises:survey-add", args=[draft.enterprise_id])
