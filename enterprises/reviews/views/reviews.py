"""One unit's written review: its page, handing in, checking, the tab of its file."""

from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises.reviews import papers, services, words
from enterprises.reviews.forms import (
    CheckForm,
    FilingForm,
    OrderForm,
    RecheckForm,
    SiteForm,
)
from enterprises.reviews.models import Review
from enterprises.reviews.rules import SAID
from enterprises.reviews.services import open_review_of
from enterprises.reviews.views.acts import act_page
from enterprises.reviews.views.rounds import CRUMBS, columns, row_actions
from gridinspect.accounts.roles import Permission
from gridinspect.documents import pdf
from gridinspect.documents.answers import pdf_answer
from gridinspect.ui.pages import Action, Tab, render_detail
from gridinspect.ui.tables import Column, build_table
from grids.access import may, require
from grids.agencies import agency_name

P = Permission


def detail(request, pk):
    """Show one unit's review with its materials, conclusion and history."""
    user, review = request.user, _review(request, pk)
    survey = review.survey
    facts = [
        ("书面审查", review.round.name),
        ("网格", review.grid.name),
        ("报送日期", review.submitted_on),
        ("报送方式", review.get_method_display()),
        ("调查登记表", survey.surveyed_on if survey else None),
        ("逾期报送", "是" if review.is_late else None),
        ("审查日期", review.checked_on),
        ("审查人", review.checked_by),
        ("需要改正的问题", review.points),
        ("整改（补正）期限", review.correct_by),
        ("复查情况", review.recheck_note),
        ("实地抽查", words.site(review)),
        ("实地抽查情况", review.site_result),
        ("责令报送", review.order_number),
        ("责令报送期限", review.order_due_on),
        ("催报次数", review.reminded),
        ("归档号", review.archive_number),
    ]
    return render_detail(
        request,
        title=review.enterprise.name,
        subtitle=f"{review.round.year} 年度书面审查",
        badges=[words.state(review)],
        note=words.next_step(review),
        facts=[one for one in facts if one[1]],
        tabs=[Tab("materials", "报送材料", lambda: _materials(request, review))],
        timeline=words.timeline_of(review),
        actions=_actions(user, review),
        crumbs=_crumbs(review),
        obj=review,
        template="reviews/review.html",
        context={"review": review},
    )


def _materials(request, review):
    rows = [
        {
            "name": name,
            "said": SAID.get((review.materials.get(name) or {}).get("said", ""), ""),
            "note": (review.materials.get(name) or {}).get("note", ""),
        }
        for name in review.round.materials
    ]
    columns = [
        Column("name", "材料", wraps=True),
        Column("said", "情况"),
        Column("note", "说明", wraps=True),
    ]
    return build_table(request, rows, columns, name="review-materials")


def _actions(user, review):
    actions = [
        Action(one.label, one.url, primary=True) for one in row_actions(user, review)
    ]
    if may(user, P.REVIEW_HANDLE, at=review.grid):
        if not words.no_site(review):
            url = reverse("reviews:site", args=[review.pk])
            actions.append(Action("登记实地抽查", url))
        if not words.no_order(review, timezone.localdate()):
            url = reverse("reviews:order", args=[review.pk])
            actions.append(Action("责令限期报送", url))
    url = reverse("reviews:sheet", args=[review.pk])
    actions.append(Action("打印审查表", url, icon="file-earmark-pdf"))
    return actions


def file(request, pk):
    """Hand in at the desk; 保存草稿 keeps half of it."""
    user, review = request.user, _handled(request, pk)
    form = FilingForm(request.POST if request.method == "POST" else None, review=review)
    submit = request.POST.get("act") != "draft"
    survey_url = reverse("enterprises:survey-add", args=[review.enterprise_id])

    def done(_):
        said = "已报送，等待审查。" if submit else "草稿已保存，材料齐全后再报送。"
        return said, review

    return act_page(
        request,
        form=form,
        act=lambda: services.file_review(
            review=review,
            materials=form.materials,
            survey=form.cleaned_data["survey"],
            method=Review.Method.DESK,
            submit=submit,
            by=user,
        ),
        done=done,
        title=f"报送书面审查：{review.enterprise.name}",
        crumbs=_crumbs(review),
        submit="报送",
        note=words.to_mend("需要补正", review)
        if review.state == "returned"
        else f"报送截止 {review.round.closes_on}，数据截至 {review.round.as_of}。",
        template="reviews/file_form.html",
        context={"review": review, "survey_url": survey_url},
        not_now=words.no_filing(review, timezone.localdate()),
    )


def check(request, pk):
    """Conclude on what a unit handed in."""
    user, review = request.user, _handled(request, pk)
    form = CheckForm(request.POST or None)
    note = f"未交材料 {review.lacking} 项。" if review.lacking else "材料齐全。"
    if review.sample_id and not review.site_on:
        note += "该单位被抽中实地抽查，登记实地抽查情况后才能合格。"
    return act_page(
        request,
        form=form,
        act=lambda: services.check_review(review=review, by=user, **form.cleaned_data),
        done=lambda _: ("审查结论已登记。", review),
        title=f"审查：{review.enterprise.name}",
        crumbs=_crumbs(review),
        submit="登记结论",
        note=note,
        not_now=words.not_now(review, Review.State.SUBMITTED),
    )


def recheck(request, pk):
    """Look again at what was to be corrected."""
    user, review = request.user, _handled(request, pk)
    form = RecheckForm(request.POST or None)

    def act():
        data = form.cleaned_data
        services.recheck(
            review=review,
            passed=data["passed"] == "yes",
            note=data["note"],
            correct_by=data["correct_by"],
            by=user,
        )

    return act_page(
        request,
        form=form,
        act=act,
        done=lambda _: ("复查情况已登记。", review),
        title=f"复查：{review.enterprise.name}",
        crumbs=_crumbs(review),
        submit="登记复查",
        note=words.to_mend("需要改正", review),
        not_now=words.not_now(review, Review.State.CORRECTING),
    )


def site(request, pk):
    """Record what was seen on site."""
    user, review = request.user, _handled(request, pk)
    form = SiteForm(request.POST or None)
    return act_page(
        request,
        form=form,
        act=lambda: services.record_site(review=review, by=user, **form.cleaned_data),
        done=lambda _: ("实地抽查情况已登记。", review),
        title=f"登记实地抽查：{review.enterprise.name}",
        crumbs=_crumbs(review),
        not_now=words.no_site(review),
    )


def order(request, pk):
    """Order a unit that did not hand in to do so."""
    user, review = request.user, _handled(request, pk)
    form = OrderForm(request.POST or None)
    return act_page(
        request,
        form=form,
        act=lambda: services.order_filing(review=review, by=user, **form.cleaned_data),
        done=lambda _: ("已制发责令限期报送通知书。", review),
        title=f"责令限期报送：{review.enterprise.name}",
        crumbs=_crumbs(review),
        submit="制发通知书",
        note="依据《劳动保障监察条例》第三十条；逾期仍不报送的，依法处理。",
        not_now=words.no_order(review, timezone.localdate()),
    )


@require_GET
def sheet(request, pk):
    """Print one unit's review."""
    review = _review(request, pk)
    agency = agency_name(review.district)
    content = pdf.build(
        papers.sheet(review, agency=agency),
        title=f"书面审查表 {review.enterprise.name}",
    )
    return pdf_answer(content, f"unit-review-{review.pk}.pdf")


def reviews_of(request, enterprise) -> str:
    """Return the tab 书面审查 of a unit's file."""
    user = request.user
    rows = Review.objects.visible_to(user).filter(enterprise=enterprise)
    shown = [
        Column("round", "书面审查", "round.name", link=True),
        *(one for one in columns() if one.key not in ("enterprise", "grid")),
    ]
    waiting = open_review_of(enterprise)
    context = {
        "table": build_table(
            request,
            rows.for_list().order_by("-round__year", "-pk"),
            shown,
            name="unit-reviews",
            row_actions=lambda review: row_actions(user, review),
        ),
        "waiting": waiting
        if waiting and may(user, P.REVIEW_VIEW, at=waiting.grid)
        else None,
    }
    return render_to_string("reviews/_of_unit.html", context, request)


def _review(request, pk) -> Review:
    return get_object_or_404(
        Review.objects.visible_to(request.user).select_related(
            "round", "grid", "enterprise", "survey", "district__city", "order"
        ),
        pk=pk,
    )


def _handled(request, pk) -> Review:
    review = _review(request, pk)
    require(request.user, P.REVIEW_HANDLE, at=review.grid)
    return review


def _crumbs(review):
    round = review.round
    return [
        *CRUMBS,
        (round.name, round.get_absolute_url()),
        (review.enterprise.name, review.get_absolute_url()),
    ]
