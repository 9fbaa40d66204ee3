"""本单位书面审查: a unit hands in by itself, through who watches inside it."""

from collections.abc import Sequence

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.reviews import services, words
from enterprises.reviews.forms import FilingForm
from enterprises.reviews.models import Review
from enterprises.reviews.views.acts import act_page
from enterprises.wages.services.inside import own_post
from enterprises.wages.views.own import CRUMBS
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import Action, render_detail, require_holds

TITLE = "书面审查报送"
# What the unit is told, by the state of its review.
SAID = {
    "submitted": "已报送，等待审查。",
    "correcting": "请按下列问题整改，整改后通知监察机构复查。",
    "passed": "审查合格，书面审查结束时归档。",
    "archived": "审查合格，已归档。",
}


def own_review(request: Request) -> HttpResponse:
    """Let a unit hand in its newest written review, or say where that stands."""
    require_holds(request.user, Permission.OWN_UNIT)
    post, today = own_post(request.user), timezone.localdate()
    if post is None:
        return _told(request, None, [], "您还没有被聘为哪家单位的企业协管员。")
    unit = post.enterprise
    review = services.own_review_of(unit)
    if review is None:
        return _told(request, unit, [], "本单位没有列入书面审查，不用报送。")
    if why := words.no_filing(review, today):
        said = SAID.get(review.state, why)
        return _told(request, unit, _facts(review), said)
    if not unit.surveys.final().exists():
        note = "书面审查以调查登记表为准：请先填报，由监察机构确认后再来报送。"
        return _told(request, unit, _facts(review), note, surveys=True)
    return _form(request, unit, review)


def _form(request: Request, unit: Enterprise, review: Review) -> HttpResponse:
    form = FilingForm(request.POST if request.method == "POST" else None, review=review)
    submit = request.POST.get("act") != "draft"
    period = f"报送 {review.round.opens_on} 至 {review.round.closes_on}"
    said = "已报送，等待审查。" if submit else "草稿已保存，材料齐全后再报送。"
    return act_page(
        request,
        form=form,
        act=lambda: services.file_review(
            review=review,
            materials=form.materials,
            survey=form.cleaned_data["survey"],
            method=Review.Method.SELF,
            submit=submit,
            by=request.user,
        ),
        done=lambda _: (said, "reviews:own"),
        title=f"{TITLE}：{review.round.name}",
        crumbs=CRUMBS,
        submit="报送",
        note=words.to_mend("需要补正", review)
        if review.state == Review.State.RETURNED
        else f"{unit.name}，{period}，数据截至 {review.round.as_of}。",
        template="reviews/file_form.html",
        context={"review": review, "survey_url": reverse("wages:own-survey")},
    )


def _facts(review: Review) -> list[tuple[str, object]]:
    facts = [
        ("书面审查", review.round.name),
        ("报送时间", f"{review.round.opens_on} 至 {review.round.closes_on}"),
        ("状态", review.get_state_display()),
        ("报送日期", review.submitted_on),
        ("需要改正的问题", review.points),
        ("整改（补正）期限", review.correct_by),
        ("审查日期", review.checked_on),
    ]
    return [one for one in facts if one[1]]


def _told(
    request: Request,
    unit: Enterprise | None,
    facts: Sequence[tuple[str, object]],
    note: str,
    *,
    surveys: bool = False,
) -> HttpResponse:
    """Show where a review stands, without a form."""
    actions = []
    if surveys:
        url = reverse("wages:own-survey")
        actions.append(Action("填报调查登记表", url, "clipboard-check", primary=True))
    return render_detail(
        request,
        title=TITLE,
        subtitle=unit.name if unit else "",
        facts=facts,
        actions=actions,
        crumbs=CRUMBS,
        note=note,
    )
