"""一户一档: one unit's page, its tabs and its timeline."""

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from enterprises.columns import survey_word
from enterprises.file_facts import position
from enterprises.file_history import happened
from enterprises.freshness import freshness_days
from enterprises.industries import industry_name, section_name
from enterprises.models import Enterprise, Placement, Survey
from enterprises.services.files import in_words
from enterprises.services.status import why_not_undone
from enterprises.services.surveys import draft_of
from enterprises.views.file_tabs import changes_tab, materials_tab
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import Action, Tab, render_detail
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import may
from grids.models import Grid

_STATUS_TONES = {"open": "ok", "preparing": "info"}
_SURVEY_TONES = {"已采集": "ok", "过期": "warning", "未采集": "notice"}


def unit_page(request: Request, unit: Enterprise) -> HttpResponse:
    """Show one unit's file with everything that is known of it."""
    user = request.user
    above = [grid.name for grid in Grid.objects.above(unit.grid)]
    return render_detail(
        request,
        title=unit.name,
        subtitle=" › ".join(above),
        badges=_badges(unit),
        facts=_head(unit),
        tabs=[
            Tab("overview", "概况", lambda: _overview(request, unit)),
            Tab("surveys", "调查登记表", lambda: _surveys(request, unit)),
            Tab("materials", "材料目录", lambda: materials_tab(request, unit)),
            Tab("changes", "变更记录", lambda: changes_tab(request, unit)),
            Tab("belonging", "归属与状态", lambda: _belonging(request, unit)),
        ],
        timeline=lambda: happened(unit),
        actions=_actions(user, unit),
        crumbs=[("单位档案", reverse("enterprises:list"))],
        obj=unit,
    )


def _badges(unit: Enterprise):
    today = timezone.localdate()
    days = freshness_days([unit.district_id], today)[unit.district_id]
    word = survey_word(unit.last_surveyed, today=today, days=days)
    return [
        badge_html(unit.get_status_display(), _STATUS_TONES.get(unit.status, "plain")),
        badge_html(word, _SURVEY_TONES[word]),
    ]


def _head(unit: Enterprise) -> list[tuple]:
    return [
        ("统一社会信用代码", unit.uscc),
        ("单位类型", unit.get_unit_kind_display()),
        ("所属网格", unit.grid.name),
        ("经营地址", unit.address),
        ("从业人数", f"{unit.headcount:,} 人" if unit.headcount is not None else None),
        ("最近采集", unit.last_surveyed),
    ]


def _overview(request: Request, unit: Enterprise) -> list[tuple]:
    industry = " ".join(filter(None, [unit.industry, industry_name(unit.industry)]))
    return [
        ("单位名称", unit.name),
        ("曾用名", unit.former_name),
        ("已核对证照", unit.uscc_override_reason),
        ("组织机构代码", unit.organisation_code),
        ("原注册号", unit.registration_number),
        ("登记机关", unit.registrar),
        ("登记注册类型", unit.registration_type),
        ("行业门类", section_name(unit.industry)),
        ("行业", industry),
        ("隶属关系", unit.affiliation),
        ("主管部门", unit.department),
        ("成立日期", unit.founded_on),
        ("注册资本（万元）", in_words(unit, "registered_capital")),
        ("是否独立法人", unit.is_legal_person),
        ("是否分支机构", unit.is_branch),
        ("上级单位", unit.parent_unit),
        ("社会保险登记号", unit.insurance_number),
        ("劳务派遣许可证", _licence(unit)),
        ("注册地址", unit.registered_address),
        ("道路", unit.road),
        ("门牌号", unit.house_number),
        ("邮编", unit.postcode),
        ("经纬度", position(unit)),
        ("法定代表人（负责人）", unit.legal_representative),
        ("法定代表人证件号码", _secret(request, unit, "legal_id_number")),
        ("法定代表人电话", _secret(request, unit, "legal_phone")),
        ("劳资负责人", unit.labour_manager),
        ("劳资负责人电话", _secret(request, unit, "labour_phone")),
        ("经办人", unit.contact_name),
        ("联系电话", _secret(request, unit, "contact_phone")),
        ("经办人手机", _secret(request, unit, "contact_mobile")),
        ("经办人邮箱", unit.contact_email),
        ("数据来源", unit.get_source_display()),
        ("纳入底数日期", unit.known_since),
        ("纸质档案位置", unit.paper_file_place),
        ("建档人", str(unit.recorded_by)),
        ("建档时间", unit.recorded_at),
        ("最后修改", unit.changed_at),
        ("档案版次", f"第 {unit.edition} 版"),
        ("备注", unit.remark),
    ]


def _licence(unit: Enterprise) -> str:
    until = unit.dispatch_licence_until
    return (
        f"{unit.dispatch_licence}（有效期至 {until}）"
        if until
        else (unit.dispatch_licence)
    )


def _secret(request: Request, unit: Enterprise, name: str):
    """Return a number by its mask, with the way to the whole one for who may."""
    if not getattr(unit, name):
        return None
    masked = in_words(unit, name)
    if not may(request.user, reveal_permission(name), at=unit.grid):
        return masked
    url = reverse("enterprises:reveal", args=[unit.pk])
    return format_html('{} <a href="{}?of={}">查看完整号码</a>', masked, url, name)


def reveal_permission(name: str) -> Permission:
    """Return what somebody has to hold who wants to see this number in full."""
    if name == "legal_id_number":
        return Permission.PERSONAL_REVEAL
    return Permission.CONTACT_REVEAL


def _surveys(request: Request, unit: Enterprise) -> str:
    """Return the versions of the survey, newest first, with a choice of two."""
    surveys = list(
        Survey.objects.final()
        .filter(enterprise=unit)
        .select_related("collected_by", "recorded_by__person")
        .order_by("-surveyed_on", "-pk")
    )
    table = build_table(
        request,
        surveys,
        [
            Column("surveyed_on", "采集日期", link=_survey_url),
            Column("method", "采集方式", "get_method_display"),
            Column("collected_by", "采集人"),
            Column("is_complete", "完整"),
            Column("form_version", "表式版本", numeric=True),
            Column("recorded_by", "录入人"),
            Column("recorded_at", "录入时间"),
            Column("days_late", "迟录天数", numeric=True, hidden=True),
        ],
        name="surveys",
    )
    may_record = may(request.user, Permission.SURVEY_RECORD, at=unit.grid)
    context = {
        "unit": unit,
        "table": table,
        "surveys": surveys,
        "draft": draft_of(unit, request.user) if may_record else None,
        "may_record": may_record,
        "title": "调查登记表",
    }
    return render_to_string("enterprises/_surveys.html", context, request)


def _survey_url(survey: Survey) -> str:
    return reverse("enterprises:survey", args=[survey.pk])


def _belonging(request: Request, unit: Enterprise) -> str:
    may_edit = may(request.user, Permission.ENTERPRISE_EDIT, at=unit.grid)
    context = {
        "placements": unit.placements.select_related(
            "grid", "placed_by__person"
        ).order_by("-since"),
        "periods": unit.status_periods.select_related(
            "evidence", "recorded_by__person"
        ).order_by("-since"),
        "handovers": unit.handovers.select_related("from_district", "to_district"),
        "mergers": unit.mergers.filter(undone_at=None).select_related("merged"),
        "former": Placement.objects.filter(enterprise__merged_into=unit).select_related(
            "enterprise", "grid"
        ),
        "perms_merge": may(request.user, Permission.UNIT_MERGE, at=unit.grid),
        "undoable": may_edit and not why_not_undone(unit),
        "unit": unit,
        "doubt": unit.doubts.filter(settled_at=None).first(),
    }
    return render_to_string("enterprises/_belonging.html", context, request)


def _actions(user, unit: Enterprise) -> list[Action]:
    actions = []
    if may(user, Permission.SURVEY_RECORD, at=unit.grid):
        url = reverse("enterprises:survey-add", args=[unit.pk])
        actions.append(
            Action("填写调查登记表", url, icon="clipboard-check", primary=True)
        )
    if may(user, Permission.ENTERPRISE_EDIT, at=unit.grid):
        url = reverse("enterprises:change", args=[unit.pk])
        actions.append(Action("修改", url, icon="pencil"))
        url = reverse("enterprises:status", args=[unit.pk])
        actions.append(Action("状态变更", url, icon="arrow-repeat"))
    if may(user, Permission.UNIT_HANDOVER, at=unit.grid):
        url = reverse("enterprises:handover-add", args=[unit.pk])
        actions.append(Action("移交", url, icon="arrow-left-right"))
    whole = reverse("enterprises:file-print", args=[unit.pk])
    actions.append(Action("打印一户一档", whole, icon="file-earmark-pdf"))
    blank = reverse("enterprises:blank-pdf", args=[unit.pk])
    actions.append(Action("空白登记表", blank, icon="file-earmark-pdf"))
    return actions
