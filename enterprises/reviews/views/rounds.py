"""书面审查: the rounds, one round with its progress, and the acts on many units."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enterprises.reviews import papers, rules, services, words
from enterprises.reviews.forms import (
    AnnounceForm,
    ConfirmForm,
    ReviewFilter,
    RoundForm,
    SampleForm,
)
from enterprises.reviews.models import BulkAct, Review, ReviewRound
from enterprises.reviews.progress import COLUMNS, cells_of, heads, progress_of
from enterprises.reviews.services.rounds import sample_share
from enterprises.reviews.views.acts import act_page
from gridinspect import draws
from gridinspect.accounts.roles import Permission
from gridinspect.documents import pdf
from gridinspect.documents.answers import pdf_answer
from gridinspect.documents.views import handed_out
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    import_action,
    render_detail,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from grids import outline
from grids.access import may, require, require_somewhere
from grids.agencies import agency_name

P = Permission
CRUMBS = [("书面审查", "/reviews/")]


def round_list(request):
    """Show the rounds of the user's districts, newest first."""
    user = request.user
    require_holds(user, P.REVIEW_VIEW)
    rounds = ReviewRound.objects.visible_to(user).select_related("district", "grid")
    columns = [
        Column("name", "名称", link=True, sort="name"),
        Column("district", "区县", "district.name"),
        Column("year", "审查年度", sort="year"),
        Column("grid", "范围", "grid.name"),
        Column("opens_on", "报送 自", sort="opens_on"),
        Column("closes_on", "至", sort="closes_on"),
        Column("units", "应审查单位", numeric=True),
        Column("state", "状态", words.round_state),
        Column("notice_number", "公告文号", hidden=True),
    ]
    toolbar = []
    if user.holds(P.REVIEW_MANAGE):
        toolbar.append(add_action(reverse("reviews:round-add"), "新增书面审查"))
    return render_list(
        request,
        title="书面审查",
        table=build_table(request, rounds, columns, name="review-rounds"),
        toolbar=toolbar,
        empty="还没有书面审查。点“新增书面审查”开始一个年度的审查。",
    )


def round_add(request):
    """Begin a round: its units are frozen."""
    user = request.user
    require_somewhere(user, P.REVIEW_MANAGE)
    form = RoundForm(request.POST or None, user=user)

    def done(made):
        return f"已固定 {made.units} 户应审查单位，核对后发布公告。", made

    return act_page(
        request,
        form=form,
        act=lambda: services.begin_round(
            grid=form.cleaned_data["grid"], fields=form.round, by=user
        ),
        done=done,
        title="新增书面审查",
        sections=RoundForm.SECTIONS,
        crumbs=CRUMBS,
        submit="固定名单",
    )


def round_detail(request, pk):
    """Show one round: progress by grid, its sample, acts in bulk, history."""
    user, round = request.user, _round(request, pk)
    facts = [
        ("审查年度", f"{round.year} 年（数据截至 {round.as_of}）"),
        ("报送时间", f"{round.opens_on} 至 {round.closes_on}"),
        ("审查范围", round.grid.name),
        ("应审查单位", f"{round.units:,} 户"),
        ("公告", round.notice_number),
        ("结束日期", round.ended_on),
    ]
    materials = [(f"材料 {n}", name) for n, name in enumerate(round.materials, start=1)]
    return render_detail(
        request,
        title=round.name,
        subtitle=round.district.name,
        badges=[words.round_state(round)],
        note=_next(round),
        facts=[one for one in facts if one[1]],
        tabs=[
            Tab("progress", "进度", lambda: _progress(request, round)),
            Tab("sample", "实地抽查", lambda: _samples(request, round)),
            Tab(
                "acts",
                "批量操作",
                lambda: _acts(request, round),
                empty="还没有批量操作。公告后可以“催报”未报送的单位，"
                "材料齐全的可以“批量合格”；做过的都列在这里，可以撤销。",
            ),
            Tab(
                "materials",
                "报送材料",
                [*materials, ("依据", round.materials_source)],
            ),
        ],
        timeline=words.timeline_of(round),
        actions=_actions(user, round),
        crumbs=CRUMBS,
        obj=round,
    )


def _next(round) -> str:
    if round.state == "announced" and not words.no_end(round, timezone.localdate()):
        return "下一步：报送期已满，全部审查完毕，可以结束并归档。"
    if round.state == "ended":
        return ""
    return f"下一步：{words.NEXT_OF_ROUND[round.state]}。"


def _progress(request, round) -> str:
    lines = [(line, cells_of(line, round)) for line in progress_of(request.user, round)]
    context = {"lines": lines, "heads": heads(), "round": round}
    return render_to_string("reviews/_progress.html", context, request)


def _samples(request, round) -> str:
    samples = []
    for sample in round.samples.select_related("drawn_by__person"):
        again = draws.draw(sample.pool, len(sample.drawn), sample.seed)
        rows = (
            Review.objects.visible_to(request.user)
            .filter(round=round, sample=sample)
            .select_related("enterprise", "grid")
            .order_by("sample_rank")
        )
        samples.append(
            {
                "sample": sample,
                "repeated": again == sample.drawn
                and draws.pool_hash(sample.pool) == sample.pool_hash,
                "rows": rows,
            }
        )
    context = {
        "round": round,
        "samples": samples[::-1],
        "share": sample_share(round),
        "may_draw": may(request.user, P.REVIEW_MANAGE, at=round.district)
        and not _no_draw(round, sample_share(round), round.reviews.filed().count()),
    }
    return render_to_string("reviews/_samples.html", context, request)


def _acts(request, round):
    def actions(act):
        if act.undone_at or act.done_by_id != request.user.pk:
            return []
        url = reverse("reviews:undo", args=[act.pk])
        asked = f"确定撤销“{act}”吗？后来已继续办理的单位不受影响。"
        return [Action("撤销", url, method="post", confirm=asked)]

    rows = round.acts.select_related("done_by__person", "undone_by__person")
    columns = [
        Column("kind", "操作", "get_kind_display"),
        Column("units", "户数", numeric=True),
        Column("done_by", "操作人"),
        Column("done_at", "时间"),
        Column("undone_at", "撤销时间"),
        Column("undone_by", "撤销人"),
    ]
    return build_table(request, rows, columns, name="review-acts", row_actions=actions)


def _actions(user, round):
    manages = may(user, P.REVIEW_MANAGE, at=round.district)
    units = reverse("reviews:units", args=[round.pk])
    actions = [Action("单位名单", units, icon="list-ul", primary=True)]
    if manages and round.state == "prepared":
        url = reverse("reviews:announce", args=[round.pk])
        actions.append(Action("发布公告", url, icon="megaphone", primary=True))
    if round.notice_id:
        url = reverse("reviews:notice", args=[round.pk])
        actions.append(Action("公告", url, icon="file-earmark-pdf"))
    if user.holds(P.REVIEW_HANDLE) and round.state == "announced":
        actions.append(Action("催报", reverse("reviews:remind", args=[round.pk])))
        actions.append(Action("批量合格", reverse("reviews:pass", args=[round.pk])))
        upload = reverse("imports:upload", args=["reviews"])
        actions.append(import_action(upload, "导入报送名单"))
    if manages and not words.no_end(round, timezone.localdate()):
        actions.append(Action("结束并归档", reverse("reviews:end", args=[round.pk])))
    url = reverse("reviews:progress-pdf", args=[round.pk])
    actions.append(Action("打印进度表", url, icon="file-earmark-pdf"))
    return actions


def announce(request, pk):
    """Announce a round in public."""
    user, round = request.user, _round(request, pk)
    require(user, P.REVIEW_MANAGE, at=round.district)
    form = AnnounceForm(request.POST or None)
    return act_page(
        request,
        form=form,
        act=lambda: services.announce(round=round, by=user, **form.cleaned_data),
        done=lambda _: ("公告已制发，可以打印张贴；单位现在可以报送。", round),
        title="发布书面审查公告",
        crumbs=_crumbs(round),
        submit="制发公告",
        note=f"应审查 {round.units:,} 户，报送 {round.opens_on} 至 {round.closes_on}。",
        not_now=words.round_not_now(round, ReviewRound.State.PREPARED),
    )


@require_GET
def notice(request, pk):
    """Hand out the announcement: it is public, so to whoever sees the round."""
    round = _round(request, pk)
    if round.notice is None:
        raise Http404("还没有公告。")
    return handed_out(request, round.notice, back=round)


def sample(request, pk):
    """Draw the units to be looked at on site."""
    user, round = request.user, _round(request, pk)
    require(user, P.REVIEW_MANAGE, at=round.district)
    form = SampleForm(request.POST or None)
    share, filed = sample_share(round), round.reviews.filed().count()
    note = "政策中没有抽查比例。"
    if share:
        doubt = "，待核实" if share.assumed else ""
        note = (
            f"已报送 {filed} 户，抽查比例 {share.value}%"
            f"（{share.source or share.clause}{doubt}），"
            f"抽取 {draws.share(filed, share.value)} 户。"
        )
    return act_page(
        request,
        form=form,
        act=lambda: services.draw_sample(round=round, by=user, **form.cleaned_data),
        done=lambda made: (
            f"已抽取 {len(made.drawn)} 户。",
            f"{round.get_absolute_url()}?tab=sample",
        ),
        title="抽取实地抽查单位",
        crumbs=_crumbs(round),
        submit="抽取",
        note=note,
        not_now=_no_draw(round, share, filed),
    )


def _no_draw(round, share, filed: int) -> str:
    """Return why nothing can be drawn for a round; empty where it can."""
    if why := words.round_not_now(round, ReviewRound.State.ANNOUNCED):
        return why
    if share is None:
        return "政策中没有书面审查的实地抽查比例，请先载入国家层政策。"
    return "" if filed else "还没有单位报送，报送后再抽取。"


def remind(request, pk):
    """Remind every unit of a place that has not handed in."""
    user, round, at = _asked(request, pk)
    count = round.reviews.unfiled().within(at).count()
    return _bulk(
        request,
        round,
        at,
        act=lambda: services.remind_all(round=round, at=at, by=user),
        title="催报",
        submit=f"催报 {count} 户",
        note=f"{at}未报送的 {count} 户记一次催报，可以撤销。",
        not_now="" if count else f"{at}没有未报送的单位，不需要催报。",
    )


def pass_all(request, pk):
    """Conclude 合格 whatever is whole."""
    user, round, at = _asked(request, pk)
    count = round.reviews.passable().within(at).count()
    return _bulk(
        request,
        round,
        at,
        act=lambda: services.pass_all(round=round, at=at, by=user),
        title="批量合格",
        submit=f"{count} 户合格",
        note=f"{at}材料齐全、抽中的已实地查过的 {count} 户审查结论记为合格，可以撤销。"
        "有未交材料或抽中未查的单位不在其中，请逐户审查。",
        not_now=""
        if count
        else f"{at}没有材料齐全、可以直接合格的单位，请在“单位名单”中逐户审查。",
    )


def _asked(request, pk):
    round = _round(request, pk)
    at = outline.place_asked(request)
    if at is None or not at.path.startswith(round.district.path):
        at = round.district
        if not may(request.user, P.REVIEW_HANDLE, at=at):
            own = outline.own_places(request.user, P.REVIEW_HANDLE)
            at = next(
                (one for one in own if one.path.startswith(round.district.path)), at
            )
    require(request.user, P.REVIEW_HANDLE, at=at)
    return request.user, round, at


def _bulk(request, round, at, *, act, title, submit, note, not_now):
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    return act_page(
        request,
        form=form,
        act=act,
        done=lambda made: (
            f"{title} {made.units} 户，可以在“批量操作”中撤销。",
            f"{round.get_absolute_url()}?tab=acts",
        ),
        title=title,
        crumbs=_crumbs(round),
        submit=submit,
        note=note,
        not_now=words.round_not_now(round, ReviewRound.State.ANNOUNCED) or not_now,
    )


@require_POST
def undo(request, pk):
    """Take a bulk act of one's own back."""
    act = get_object_or_404(
        BulkAct.objects.select_related("round__district").filter(
            round__in=ReviewRound.objects.visible_to(request.user),
            done_by=request.user,
        ),
        pk=pk,
    )
    require_somewhere(request.user, P.REVIEW_HANDLE)
    try:
        count = services.undo(act=act, by=request.user)
    except rules.Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"已撤销，{count} 户恢复原状。")
    return redirect(f"{act.round.get_absolute_url()}?tab=acts")


def end(request, pk):
    """End a round: what passed is archived."""
    user, round = request.user, _round(request, pk)
    require(user, P.REVIEW_MANAGE, at=round.district)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    counts = round.reviews.all().by_state()
    unfiled = sum(counts.get(state, 0) for state in rules.UNFILED)
    passed = counts.get("passed", 0)
    return act_page(
        request,
        form=form,
        act=lambda: services.end_round(round=round, on=timezone.localdate(), by=user),
        done=lambda count: (f"书面审查已结束，{count} 户归档。", round),
        title="结束并归档",
        crumbs=_crumbs(round),
        submit=f"结束（{passed} 户归档）",
        note=f"合格的 {passed} 户编号归档；未报送的 {unfiled} 户留在名单中，"
        "依法按不报送书面材料处理。结束后不能再修改。",
        not_now=words.no_end(round, timezone.localdate()),
    )


@require_GET
def progress_pdf(request, pk):
    """Print the progress by grid."""
    round = _round(request, pk)
    rows = [
        [line.name, *(line.counts.get(key, 0) for key in COLUMNS), line.rate]
        for line in progress_of(request.user, round)
    ]
    content = pdf.build(
        papers.progress(
            round,
            heads(),
            rows,
            agency=agency_name(round.district),
            on=timezone.localdate(),
        ),
        title=f"{round.name}进度表",
    )
    return pdf_answer(content, f"review-{round.pk}.pdf")


# --- the units of a round -------------------------------------------------------------


def units(request, pk):
    """Show the units of a round."""
    user, round = request.user, _round(request, pk)
    at = outline.place_asked(request)
    rows = Review.objects.visible_to(user).filter(round=round)
    filters = ReviewFilter(request.GET, queryset=rows.within(at) if at else rows)
    return render_list(
        request,
        title=f"{round.name}：单位名单",
        table=build_table(
            request,
            filters.qs.for_list(),
            columns(),
            name="reviews",
            row_actions=lambda review: row_actions(user, review),
        ),
        filters=filters,
        toolbar=[Action("进度", round.get_absolute_url(), icon="bar-chart")],
        crumbs=_crumbs(round),
        note=f"辖区：{at}" if at else "",
        empty="没有符合条件的单位。请放宽查询条件。",
    )


def columns():
    return [
        Column("enterprise", "单位名称", "enterprise.name", link=True),
        Column("grid", "网格", "grid.name"),
        Column("state", "状态", words.state),
        Column("submitted_on", "报送日期", sort="submitted_on"),
        Column("late", "逾期", lambda one: "逾期报送" if one.is_late else ""),
        Column("lacking", "未交材料", numeric=True),
        Column("survey", "登记表", lambda one: one.survey and one.survey.surveyed_on),
        Column("correct_by", "整改期限", sort="correct_by"),
        Column("site", "实地抽查", words.site),
        Column("reminded", "催报", numeric=True),
        Column("order_number", "责令报送", hidden=True),
        Column("archive_number", "归档号", hidden=True),
    ]


def row_actions(user, review):
    if review.round.state != "announced" or not may(
        user, P.REVIEW_HANDLE, at=review.grid
    ):
        return []
    if review.state in ("pending", "draft", "returned") and words.no_filing(
        review, timezone.localdate()
    ):
        return []
    steps = {
        "pending": ("报送", "file"),
        "draft": ("报送", "file"),
        "returned": ("补正", "file"),
        "submitted": ("审查", "check"),
        "correcting": ("复查", "recheck"),
    }
    if review.state not in steps:
        return []
    label, name = steps[review.state]
    return [Action(label, reverse(f"reviews:{name}", args=[review.pk]))]


def _round(request, pk) -> ReviewRound:
    return get_object_or_404(
        ReviewRound.objects.visible_to(request.user).select_related(
            "district__city", "grid", "notice"
        ),
        pk=pk,
    )


def _crumbs(round):
    return [*CRUMBS, (round.name, round.get_absolute_url())]
