"""Plans that are being written, section by section, until they are published."""

import re
from typing import Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import (
    Action,
    Tab,
    import_action,
    render_detail,
    render_form,
    render_list,
)
from gridinspect.ui.tables import Column, build_table
from grids import wording
from grids.access import require, require_somewhere
from grids.comparing import compare
from grids.draft_forms import (
    LABELS,
    TITLES,
    CloneForm,
    EditionForm,
    EndForm,
    UploadForm,
    formset,
    head_form,
    initial_rows,
)
from grids.models import Grid, Policy, PolicyDraft, PolicyInForce
from grids.policy import PolicyError
from grids.services import drafts
from grids.services.policies import end_policy, values_of
from grids.services.tree import Refused
from grids.views.policy_compare import marked

COLUMNS = [
    Column("title", "名称", sort="title", link=True),
    Column("slug", "政策编号", sort="slug"),
    Column("version", "版本", numeric=True),
    Column("base", "克隆自", value="base.title"),
    Column("edited_by", "最后编辑", value="edited_by"),
    Column("changed_at", "编辑时间", sort="changed_at"),
]


def draft_list(request):
    """Show the drafts of one's places."""
    require_somewhere(request.user, Permission.POLICY_ADOPT)
    rows = _drafts(request.user).defer("document")
    table = build_table(request, rows, COLUMNS, name="drafts", default_sort="title")
    return render_list(
        request,
        title="方案草稿",
        table=table,
        toolbar=[import_action(reverse("grids:policy-upload"), "上传政策文件")],
        crumbs=_crumbs(),
        empty="没有草稿。请打开一个已载入的方案，按“克隆为草稿”开始编写。",
    )


def policy_clone(request, pk):
    """Begin a draft from a loaded version."""
    require_somewhere(request.user, Permission.POLICY_ADOPT)
    base = get_object_or_404(Policy.objects.defer("document"), pk=pk)
    first = {"slug": base.slug, "title": base.title}
    form = CloneForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            draft = drafts.begin_draft(base=base, **form.cleaned_data, by=request.user)
        except (PolicyError, Refused) as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(draft)
    return render_form(
        request,
        title="克隆为草稿",
        form=form,
        crumbs=[
            ("政策", reverse("grids:policies")),
            (base.title, base.get_absolute_url()),
        ],
        submit="开始编写",
        note="已载入的版本不会改变；草稿发布后成为新的版本。",
    )


def policy_upload(request):
    """Take a TOML file as a draft, or say in one sentence why not."""
    require_somewhere(request.user, Permission.POLICY_ADOPT)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        document = form.cleaned_data["file"].read()
        try:
            draft = drafts.draft_of_file(document=document, by=request.user)
        except (PolicyError, Refused) as refusal:
            form.add_error("file", str(refusal))
        else:
            messages.success(request, "文件没有问题。请核对内容，再按“发布”。")
            return redirect(draft)
    return render_form(
        request, title="上传政策文件", form=form, crumbs=_crumbs(), submit="上传并检查"
    )


def draft_detail(request, pk):
    """Show a draft: its sections, what the rules will take, what differs."""
    draft = _draft(request.user, pk)
    values = drafts.draft_values(draft)
    sections = [
        (title, len(draft.document.get(key, [])) if key != drafts.HEAD else None, key)
        for key, title in TITLES.items()
    ]
    tabs = [
        Tab(
            "sections",
            "编写",
            lambda: render_to_string(
                "grids/policies/_sections.html", {"draft": draft, "sections": sections}
            ),
        ),
        Tab("values", "取值", lambda: _values(values)),
    ]
    if draft.base:
        tabs.append(Tab("changes", "与原版本的差异", lambda: _changes(draft, values)))
    return render_detail(
        request,
        title=draft.title,
        subtitle=f"{draft.slug} 第 {draft.version} 版草稿",
        facts=[
            ("克隆自", str(draft.base) if draft.base else "上传的文件"),
            ("施行日期", values.effective_from),
            ("最后编辑", str(draft.edited_by)),
            ("编辑时间", draft.changed_at),
        ],
        tabs=tabs,
        actions=[
            Action("试算", f"{reverse('reports:what-if')}?with=draft-{pk}"),
            Action(
                "放弃草稿",
                reverse("grids:draft-discard", args=[pk]),
                method="post",
                confirm="放弃后草稿不能恢复，确定放弃吗？",
                danger=True,
            ),
            Action("发布", reverse("grids:draft-publish", args=[pk]), primary=True),
        ],
        crumbs=_crumbs(),
        obj=draft,
    )


def draft_section(request, pk, section):
    """Edit one section of a draft; nothing typed is lost when it is refused."""
    draft = _draft(request.user, pk)
    if section not in TITLES:
        raise Http404
    values = drafts.draft_values(draft)
    is_head = section == drafts.HEAD
    data = request.POST or None
    forms: Any
    if is_head:
        first = {**draft.document, "effective_is_certain": values.effective_is_certain}
        forms = head_form(values)(data, initial={"covers": "district", **first})
    else:
        rows = initial_rows(draft.document, section)
        forms = formset(section, values)(data, initial=rows, prefix="row")
    edition = EditionForm(data, initial={"edition": draft.edition})
    refusal = ""
    if request.method == "POST" and forms.is_valid() and edition.is_valid():
        kept = [forms] if is_head else _kept(forms)
        rows = _head_row(forms) if is_head else _rows(kept, draft, section)
        try:
            drafts.change_draft(
                draft=draft,
                edition=edition.cleaned_data["edition"],
                section=section,
                rows=rows,
                by=request.user,
            )
        except Refused as error:
            refusal = str(error)
        except PolicyError as error:
            refusal = _placed(str(error), section, kept)
        else:
            messages.success(request, f"“{TITLES[section]}”已保存。")
            return redirect(draft)
    context = {
        "title": TITLES[section],
        "draft": draft,
        "form": forms if is_head else None,
        "formset": None if is_head else forms,
        "edition": edition,
        "refusal": refusal,
        "crumbs": [
            *_crumbs(),
            (str(draft), draft.get_absolute_url()),
            (TITLES[section], ""),
        ],
    }
    return render(request, "grids/policies/section.html", context)


def draft_publish(request, pk):
    """Make a draft a version."""
    draft = _draft(request.user, pk)
    form = EditionForm(request.POST or None, initial={"edition": draft.edition})
    if request.method == "POST" and form.is_valid():
        edition = form.cleaned_data["edition"]
        try:
            policy = drafts.publish_draft(draft=draft, edition=edition, by=request.user)
        except (PolicyError, Refused) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已发布{policy}。请按“采用方案”使它施行。")
            return redirect(policy)
    return render_form(
        request,
        title="发布方案",
        form=form,
        crumbs=[*_crumbs(), (str(draft), draft.get_absolute_url())],
        submit="发布",
        note=f"{draft.title}将成为 {draft.slug} 第 {draft.version} 版。"
        "发布后不能修改；区县采用以后才施行。",
    )


@require_POST
def draft_discard(request, pk):
    """Throw a draft away."""
    drafts.discard_draft(draft=_draft(request.user, pk), by=request.user)
    messages.success(request, "草稿已放弃。")
    return redirect("grids:drafts")


def adoption_end(request, pk):
    """End a district's plan."""
    seen = Grid.objects.visible_to(request.user).values("district")
    rows = PolicyInForce.objects.select_related("policy", "district")
    rows = rows.filter(district__in=seen).defer("policy__document")
    adoption = get_object_or_404(rows, pk=pk)
    require(request.user, Permission.POLICY_ADOPT, at=adoption.district)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        until = form.cleaned_data["until"]
        try:
            end_policy(adoption=adoption, until=until, by=request.user)
        except Refused as refusal:
            form.add_error("until", str(refusal))
        else:
            messages.success(
                request, f"{adoption.district}自 {until} 起不再适用这一方案。"
            )
            return redirect("grids:adoptions")
    return render_form(
        request,
        title="结束方案",
        form=form,
        crumbs=[
            ("政策", reverse("grids:policies")),
            ("各区县采用情况", reverse("grids:adoptions")),
        ],
        submit="结束",
        note=f"{adoption.district}自 {adoption.since} 起采用{adoption.policy}。",
    )


def _drafts(user):
    rows = PolicyDraft.objects.visible_to(user).defer("base__document")
    return rows.select_related("base", "edited_by__person")


def _draft(user, pk):
    """Return a draft that the user may write; for others there is none."""
    return get_object_or_404(_drafts(user), pk=pk)


def _crumbs():
    return [("政策", reverse("grids:policies")), ("方案草稿", reverse("grids:drafts"))]


def _values(values):
    sections = [(title, rows) for title, rows in wording.sections(values) if rows]
    return render_to_string("grids/policies/_values.html", {"sections": sections})


def _changes(draft, values):
    groups = compare(values_of(draft.base), values)
    pairs = [(one, marked(one.differing)) for one in groups if one.differing]
    if not pairs:
        return "<p class='gi-note'>与原版本相同。</p>"
    context = {"left": draft.base, "right": draft, "groups": pairs}
    return render_to_string("grids/policies/_pairs.html", context)


def _kept(forms):
    """Return the forms whose rows stay: filled in, and not marked to be deleted."""
    return [
        form
        for form in forms.forms
        if form.has_changed() or form.initial
        if not form.cleaned_data.get("DELETE")
    ]


def _rows(kept, draft, section):
    """Return the rows; what the form doesn't show comes from the row before."""
    old = draft.document.get(section, [])
    rows = []
    for form in kept:
        at = form.cleaned_data.get("at")
        rows.append(form.as_row(old[at] if at is not None and at < len(old) else None))
    return rows


def _head_row(form):
    row = form.as_row()
    return {name: row.get(name, "") for name in form.fields if name != "at"}


def _placed(sentence, section, kept):
    """Put a refusal beside the row that it is about; return it when it is of no row."""
    own = re.match(rf"\[\[{section}\]\] 第 (\d+) 行", sentence)
    sentence = re.sub(
        r"\[\[(\w+)\]\]", lambda m: f"“{TITLES.get(m[1], m[1])}”", sentence
    )
    sentence = re.sub(r"“(\w+)”", lambda m: f"“{LABELS.get(m[1], m[1])}”", sentence)
    if own and int(own[1]) <= len(kept):
        kept[int(own[1]) - 1].add_error(None, sentence)
        return ""
    return sentence
