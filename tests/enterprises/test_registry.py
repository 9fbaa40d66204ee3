"""数据比对: a department's list beside our units, what differs, and what is decided."""

from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import Workbook

from enterprises.models import Enterprise, RegistryDecision, RegistryEntry
from enterprises.services.files import Refused
from enterprises.services.registry import adopt_entry, judge_entry
from enterprises.services.verifying import decide_entries, undo_decision
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from gridinspect.audit.models import Event
from gridinspect.imports import services, undoing
from gridinspect.imports.registry import resource_for
from grids.models import Task
from grids.services.tasks import finish_task
from tests.factories import (
    TODAY,
    make_district,
    make_enterprise,
    make_grid,
    make_person,
    make_posting,
    make_user,
)

CODE, OTHER = "91410103MA0AAAA1X9", "91321002123456788G"
HEAD = ["企业名称", "统一社会信用代码", "住所", "法人", "登记状态", "来源部门"]
JIA = ["郑州甲商行", CODE, "大学路1号", "李四", "存续", None]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def street(erqi):
    return make_grid("大学路街道", kind="street", parent=erqi)


@pytest.fixture
def clerk(erqi):
    return make_user(grid=erqi, role=Role.DISTRICT_BUREAU)


@pytest.fixture
def load(erqi, clerk):
    def run(*rows, apply="all", by=clerk, head=HEAD):
        book, stream = Workbook(), BytesIO()
        for row in (head, *rows):
            book.active.append(row)
        book.save(stream)
        stream.seek(0)
        assert resource_for("registry").scopes(by)
        batch = services.keep_file(
            kind="registry",
            file=stream,
            name="名单.xlsx",
            place=erqi,
            district_code=erqi.code,
            by=by,
            as_of=TODAY(),
        )
        services.check_batch(batch)
        if apply:
            batch = services.apply_batch(batch=batch, mode=apply, by=by)
        return batch

    return run


def names(rows):
    return sorted(rows.values_list("name", flat=True))


def test_a_list_is_kept_beside_ours_and_can_be_taken_back(load, clerk):
    batch = load(JIA, ["乙社会服务中心", None, "", "", "", "民政局"])
    assert not Enterprise.objects.exists()
    sources = RegistryEntry.objects.order_by("pk").values_list("source", flat=True)
    assert list(sources) == ["market", "civil"]
    again = load(JIA)
    assert again.counts["same"] == 1
    moved = load([*JIA[:2], "大学路2号", *JIA[3:]])
    assert moved.rows.get().changes == {"address": ["大学路1号", "大学路2号"]}
    undoing.undo_batch(batch=moved, by=clerk)
    assert RegistryEntry.objects.get(uscc=CODE).address == "大学路1号"
    undoing.undo_batch(batch=batch, by=clerk)
    assert not RegistryEntry.objects.exists()


def test_what_was_decided_is_not_taken_back(load, clerk):
    batch = load(JIA)
    judge_entry(entry=RegistryEntry.objects.get(), verdict="verify", by=clerk)
    with pytest.raises(undoing.BuiltOn, match="已经比对处理"):
        undoing.undo_batch(batch=batch, by=clerk)


@pytest.mark.parametrize(
    ("ours", "theirs", "is_ours"),
    [
        ({"name": "丙商行", "uscc": CODE}, JIA, True),
        ({"name": "郑州甲商行", "uscc": OTHER}, JIA, False),
        ({"name": "郑州甲商行", "uscc": None}, JIA, True),
        ({"name": "郑州甲商行", "uscc": OTHER}, ["郑州甲商行"], True),
        ({"name": "丙商行", "uscc": None}, ["郑州甲商行"], False),
    ],
)
def test_matching_by_code_first_then_by_name(ours, theirs, is_ours, street, load):
    unit = make_enterprise(grid=street, **ours)
    Enterprise.objects.filter(pk=unit.pk).update(name_key="甲商行")
    if unit.name != "郑州甲商行":
        Enterprise.objects.filter(pk=unit.pk).update(name_key="丙商行")
    load(theirs)
    RegistryEntry.objects.update(name_key="甲商行")
    assert RegistryEntry.objects.all().not_ours().exists() is not is_ours


def test_the_page_shows_three_parts(street, load, clerk, client):
    make_enterprise("甲商行旧名", grid=street, uscc=CODE, address="大学路9号")
    make_enterprise("丁商行", grid=street)
    load(JIA, ["郑州戊餐饮有限公司", OTHER])
    client.force_login(clerk)
    url = reverse("enterprises:registry")
    texts = {
        part: client.get(url, {"part": part}).content.decode()
        for part in ("theirs", "ours", "different")
    }
    assert "郑州戊餐饮有限公司" in texts["theirs"]
    assert "郑州甲商行" not in texts["theirs"]
    assert "丁商行" in texts["ours"]
    assert "甲商行旧名" not in texts["ours"]
    assert "甲商行旧名" in texts["different"]
    assert "大学路9号" in texts["different"]


def test_without_a_list_the_page_says_how_to_get_one(client, clerk):
    client.force_login(clerk)
    page = client.get(reverse("enterprises:registry")).content.decode()
    assert "还没有市场监管的名单。先按信用代码比对" in page
    assert "导入部门名单”。" in page


def test_a_unit_like_an_entry_is_named_with_its_score(street, load, clerk, client):
    make_enterprise("郑州金水源餐饮有限公司", grid=street)
    load(["郑州金水源餐饮管理有限公司", CODE])
    client.force_login(clerk)
    text = client.get(reverse("enterprises:registry")).content.decode()
    assert "郑州金水源餐饮有限公司" in text
    assert "相近" in text


def test_the_list_is_adopted_with_a_trail(street, load, clerk):
    unit = make_enterprise("甲商行旧名", grid=street, uscc=CODE, address="大学路9号")
    load(JIA)
    adopt_entry(entry=RegistryEntry.objects.get(), by=clerk)
    unit.refresh_from_db()
    assert (unit.name, unit.former_name) == ("郑州甲商行", "甲商行旧名")
    assert unit.address == "大学路1号"
    assert RegistryEntry.objects.get().verdict == "adopted"
    assert Event.objects.filter(verb="registry.judged").exists()
    assert not RegistryEntry.objects.all().different().exists()


@pytest.mark.parametrize(
    ("state", "status", "differs"),
    [
        ("注销", "open", True),
        ("吊销，未注销", "open", True),
        ("注销", "cancelled", False),
        ("存续（在营、开业、在册）", "cancelled", True),
        ("存续（在营、开业、在册）", "open", False),
        ("存续", "moved_away", False),
        ("非正常", "open", False),
        ("", "open", False),
    ],
)
def test_a_status_differs_when_one_side_says_open(state, status, differs, street, load):
    make_enterprise("郑州甲商行", grid=street, uscc=CODE, status=status)
    load(["郑州甲商行", CODE, "", "", state, None])
    assert RegistryEntry.objects.all().different().exists() == differs


def test_the_status_of_a_list_is_adopted_and_taken_back(
    erqi, street, load, clerk, client
):
    unit = make_enterprise("郑州甲商行", grid=street, uscc=CODE)
    load(["郑州甲商行", CODE, "", "", "吊销，未注销", None])
    client.force_login(clerk)
    page = client.get(reverse("enterprises:registry") + "?part=different")
    assert "<td>状态</td>" in page.content.decode().replace(' class=""', "")
    decision = decide_entries(
        district=erqi,
        entries=list(RegistryEntry.objects.all()),
        verdict="adopted",
        by=clerk,
    )
    unit.refresh_from_db()
    assert unit.status == "revoked"
    assert unit.status_periods.get(until=None).since == TODAY()
    assert "登记状态为“吊销" in unit.status_periods.get(until=None).reason
    undo_decision(decision=decision, by=clerk)
    unit.refresh_from_db()
    assert unit.status == "open"
    assert unit.status_periods.get().until is None


WITH_PLACE = ["企业名称", "统一社会信用代码", "街道", "社区"]


@pytest.mark.parametrize(
    ("said", "differs"),
    [
        (("淮河路街道", None), True),
        (("大学路街道", None), False),  # ours is said more precisely
        (("大学路街道", "金桥社区"), False),
        ((None, "祥和社区"), True),
        (("无此街道", None), False),  # said, and left out
        ((None, None), False),
    ],
)
def test_a_grid_differs_when_neither_lies_in_the_other(
    said, differs, street, erqi, load
):
    ours = make_grid("金桥社区", parent=street)
    make_grid("祥和社区", parent=street)
    make_grid("淮河路街道", kind="street", parent=erqi)
    make_enterprise("郑州甲商行", grid=ours, uscc=CODE)
    load(["郑州甲商行", CODE, *said], head=WITH_PLACE)
    assert RegistryEntry.objects.all().different().exists() == differs


def test_the_grid_of_a_list_is_adopted_and_taken_back(
    erqi, street, load, clerk, client
):
    other = make_grid("淮河路街道", kind="street", parent=erqi)
    unit = make_enterprise("郑州甲商行", grid=street, uscc=CODE)
    batch = load(["郑州甲商行", CODE, "淮河路街道", None], head=WITH_PLACE)
    client.force_login(clerk)
    page = client.get(reverse("enterprises:registry") + "?part=different")
    text = page.content.decode()
    assert "淮河路街道" in text
    assert "大学路街道" in text
    entries = list(RegistryEntry.objects.all())
    decision = decide_entries(
        district=erqi, entries=entries, verdict="adopted", by=clerk
    )
    unit.refresh_from_db()
    assert unit.grid == other
    assert unit.placements.get(until=None).since == TODAY()
    undo_decision(decision=decision, by=clerk)
    unit.refresh_from_db()
    assert unit.grid == street
    again = load(["郑州甲商行", CODE, "大学路街道", None], head=WITH_PLACE)
    assert again.counts["changed"] == 1
    assert RegistryEntry.objects.get().grid == street
    undoing.undo_batch(batch=again, by=clerk)
    assert RegistryEntry.objects.get().grid == other
    undoing.undo_batch(batch=batch, by=clerk)
    assert not RegistryEntry.objects.exists()


def test_what_the_list_calls_closed_escapes_nobody(load, clerk):
    load(
        ["郑州甲商行", CODE, "", "", "注销", None],
        ["郑州乙商行", OTHER, "", "", "存续", None],
    )
    assert names(RegistryEntry.objects.all().not_ours()) == ["郑州乙商行"]
    assert names(RegistryEntry.objects.all().standing()) == ["郑州乙商行"]


def test_two_codes_are_never_one_unit(street, load, clerk):
    make_enterprise("郑州甲商行", grid=street, uscc=OTHER)
    load(JIA)
    with pytest.raises(Refused, match="没有这个信用代码"):
        adopt_entry(entry=RegistryEntry.objects.get(), by=clerk)


def test_a_street_cannot_load_the_list_of_its_district(street, load):
    leader = make_user(grid=street, role=Role.SQUAD_LEADER)
    batch = load(JIA, apply="", by=leader)
    assert batch.rows.get().reason == "outside_scope"


def test_the_buttons_decide_and_come_back(street, load, clerk, client):
    load(JIA)
    entry = RegistryEntry.objects.get()
    client.force_login(clerk)
    page = client.post(
        reverse("enterprises:registry-judge", args=[entry.pk, "verify"]), follow=True
    )
    assert "待核实" in page.content.decode()
    url = reverse("enterprises:registry-judge", args=[entry.pk, "nonsense"])
    assert client.post(url).status_code == 404


@pytest.mark.parametrize("count", [2, 12])
def test_a_page_costs_no_query_a_row(
    count, street, load, clerk, client, django_assert_max_num_queries
):
    load(*([f"郑州甲{n}餐饮有限公司"] for n in range(count)))
    client.force_login(clerk)
    with django_assert_max_num_queries(36):
        client.get(reverse("enterprises:registry"))


def test_an_untouched_export_changes_nothing(load, clerk, client, erqi):
    load(JIA, ["乙社会服务中心", None, "", "", "", "民政局"])
    client.force_login(clerk)
    content = client.get(reverse("imports:export", args=["registry"])).content
    batch = services.keep_file(
        kind="registry",
        file=BytesIO(content),
        name="名单.xlsx",
        place=erqi,
        district_code=erqi.code,
        by=clerk,
    )
    services.check_batch(batch)
    assert (batch.counts["same"], batch.counts["reject"]) == (2, 0)


# --- on site, many at once ------------------------------------------------------------


@pytest.fixture
def assistant(street):
    community = make_grid("金桥社区", parent=street)
    person = make_person("协管员甲")
    make_posting(person, grid=community)
    return User.objects.create_user("assistant", person=person)


def asked(erqi, part, source="market"):
    return f"?district={erqi.pk}&source={source}&part={part}"


def confirmed(client, url, facts):
    shown = client.post(url, facts)
    assert "确认" in shown.content.decode()
    return client.post(url, facts | {"seen": shown.context["seen"]}, follow=True)


def test_what_only_a_list_has_is_verified_on_site(
    erqi, street, load, clerk, assistant, client
):
    load(["郑州甲商行", CODE, "大学路街道金桥社区大学路1号"], ["乙商行", OTHER, "不明"])
    client.force_login(clerk)
    url = reverse("enterprises:registry-verify") + asked(erqi, "theirs")
    form = client.get(url).context["form"]
    facts = {"rows": form.initial["rows"], "due_on": TODAY().isoformat()}
    lost = confirmed(client, url, facts | {"elsewhere": ""})
    assert "1 户的地址不能确定网格（如“乙商行”）" in lost.content.decode()
    assert not Task.objects.exists()
    done = confirmed(client, url, facts | {"elsewhere": street.code})
    assert "已安排 2 项现场核实任务" in done.content.decode()
    first, second = Task.objects.order_by("pk")
    assert (first.grid.name, second.grid) == ("金桥社区", street)
    assert (first.kind, first.about_id) == (
        "reconciliation",
        RegistryEntry.objects.get(uscc=CODE).pk,
    )
    assert "大学路1号" in first.detail
    assert set(RegistryEntry.objects.values_list("verdict", flat=True)) == {"verify"}
    again = confirmed(client, url, facts | {"elsewhere": street.code})
    assert "都已安排核实" in again.content.decode()
    finish_task(task=first, result="查无此单位", by=assistant)
    page = client.get(reverse("enterprises:registry") + asked(erqi, "theirs"))
    assert "已核实：查无此单位" in page.content.decode()
    assert "核实中" in page.content.decode()


def test_what_only_we_have_is_verified_in_its_grid(erqi, street, load, clerk, client):
    unit = make_enterprise("丁商行", grid=street)
    load(JIA)
    client.force_login(clerk)
    url = reverse("enterprises:registry-verify") + asked(erqi, "ours")
    facts = {"rows": [unit.pk], "due_on": TODAY().isoformat()}
    confirmed(client, url, facts)
    task = Task.objects.get()
    assert (task.grid, task.about_type) == (street, "enterprises.enterprise")
    finish_task(task=task, result="已注销", by=clerk)
    page = client.get(reverse("enterprises:registry") + asked(erqi, "ours"))
    assert "已核实：已注销" in page.content.decode()


def test_many_differences_are_adopted_and_taken_back(erqi, street, load, clerk, client):
    unit = make_enterprise("甲商行旧名", grid=street, uscc=CODE, address="大学路9号")
    load(JIA)
    client.force_login(clerk)
    url = reverse("enterprises:registry-decide") + asked(erqi, "different")
    facts = {"rows": [RegistryEntry.objects.get().pk], "verdict": "adopted"}
    confirmed(client, url, facts)
    unit.refresh_from_db()
    assert (unit.name, unit.former_name, unit.address) == (
        "郑州甲商行",
        "甲商行旧名",
        "大学路1号",
    )
    decision = RegistryDecision.objects.get()
    page = client.get(reverse("enterprises:registry") + asked(erqi, "theirs"))
    assert "已采用名单（1 户）" in page.content.decode()
    client.post(reverse("enterprises:registry-undo", args=[decision.pk]))
    unit.refresh_from_db()
    assert (unit.name, unit.address) == ("甲商行旧名", "大学路9号")
    entry = RegistryEntry.objects.get()
    assert (entry.verdict, entry.decided_on) == ("", None)
    with pytest.raises(Refused, match="已经撤销"):
        undo_decision(decision=decision, by=clerk)


def test_a_decision_is_not_taken_back_once_its_unit_was_changed(
    erqi, street, load, clerk
):
    unit = make_enterprise("甲商行旧名", grid=street, uscc=CODE)
    load(JIA)
    entries = list(RegistryEntry.objects.all())
    done = decide_entries(district=erqi, entries=entries, verdict="adopted", by=clerk)
    Enterprise.objects.filter(pk=unit.pk).update(address="新地址")
    with pytest.raises(Refused, match="后来又有修改"):
        undo_decision(decision=done, by=clerk)
    assert RegistryEntry.objects.get().verdict == "adopted"


def test_who_may_not_import_decides_nothing(erqi, street, load, client):
    load(JIA)
    client.force_login(make_user(grid=erqi, role=Role.FULL_TIME_INSPECTOR))
    for name, part in (("verify", "theirs"), ("decide", "different")):
        url = reverse(f"enterprises:registry-{name}") + asked(erqi, part)
        assert client.get(url).status_code == 403
    client.force_login(make_user(grid=make_district("外区"), role=Role.DISTRICT_BUREAU))
    assert client.get(url).status_code == 404
