from datetime import date

import pytest
from django import forms
from django.urls import reverse

from gridinspect.accounts.models import User
from gridinspect.ui import pages, registry
from gridinspect.ui.pages import Tab, TreeNode, form_sections, render_detail
from gridinspect.ui.registry import TimelineEntry
from gridinspect.ui.templatetags import ui as ui_tags
from tests.factories import make_user


class TwoFields(forms.Form):
    name = forms.CharField(label="名称")
    remark = forms.CharField(label="备注")


@pytest.fixture
def user_client(client, db):
    client.user = make_user()
    client.force_login(client.user)
    return client


@pytest.fixture
def request_of(rf, db):
    def make(address="/", **headers):
        request = rf.get(address, headers=headers)
        request.user = make_user()
        request.htmx = bool(headers)
        return request

    return make


def test_the_style_page_shows_everything(user_client):
    text = user_client.get(reverse("ui:style")).content.decode()
    for word in (
        "共 <b>47</b> 条",
        "查询",
        "重置",
        "新增",
        "打印",
        "显示设置",
        "时间线",
    ):
        assert word in text


def test_pages_carry_no_inline_style_or_script(user_client):
    text = user_client.get(reverse("ui:style")).content.decode()
    assert " style=" not in text
    assert " onclick=" not in text
    assert "<script>" not in text


def test_pages_are_kept_from_caches_and_foreign_scripts(user_client):
    headers = user_client.get(reverse("ui:style")).headers
    assert headers["Cache-Control"] == "no-store"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_large_text_is_remembered(user_client):
    user_client.post(reverse("ui:text-size"), {"next": "/jobs/"})
    assert User.objects.get(pk=user_client.user.pk).large_text
    assert 'class="gi-large"' in user_client.get("/jobs/").content.decode()
    user_client.post(reverse("ui:text-size"))
    assert not User.objects.get(pk=user_client.user.pk).large_text


def test_an_empty_list_says_what_to_do(user_client):
    text = user_client.get(reverse("jobs:list")).content.decode()
    assert "还没有后台任务" in text
    assert "共 <b>0</b> 条" in text


def test_htmx_gets_the_table_alone(user_client):
    text = user_client.get(
        reverse("jobs:list"), headers={"HX-Request": "true"}
    ).content.decode()
    assert "<html" not in text
    assert "gi-list" in text


def test_a_search_keeps_the_place_and_leaves_the_page(rf):
    class Filters:
        form = TwoFields()

    request = rf.get("/", {"grid": "7", "name": "x", "page": "3", "sort": "a"})
    assert pages._kept(request, Filters) == [("grid", "7"), ("sort", "a")]


def test_fields_without_a_section_come_last():
    sections = form_sections(TwoFields(), [("基本", ["name"])])
    assert [(s.title, [f.name for f in s.fields]) for s in sections] == [
        ("基本", ["name"]),
        ("其他", ["remark"]),
    ]


def test_only_the_open_tab_is_asked_for_its_content(request_of):
    def never():
        raise AssertionError("a closed tab was asked")

    tabs = [Tab("a", "甲", [("姓名", "陈小明")]), Tab("b", "乙", never)]
    text = render_detail(request_of(), title="页", tabs=tabs).content.decode()
    assert "陈小明" in text


def test_tabs_open_by_their_key_as_plain_links(request_of):
    tabs = [Tab("a", "甲", [("甲值", 1)]), Tab("b", "乙", lambda: [("乙值", 2)])]
    text = render_detail(request_of("/?tab=b"), title="页", tabs=tabs).content.decode()
    assert "乙值" in text
    assert "甲值" not in text
    assert 'href="?tab=a"' in text


def test_other_apps_add_tabs_and_timeline_to_an_object(request_of, monkeypatch):
    monkeypatch.setattr(registry, "tabs", registry.Tabs())
    monkeypatch.setattr(registry, "timeline", registry.Timeline())
    registry.tabs.add("accounts.user", "x", "外来", lambda req, obj: [("外来值", 1)])
    registry.timeline.add(
        "accounts.User", lambda user, obj: [TimelineEntry(date(2026, 3, 2), "建档")]
    )
    request = request_of()
    answer = render_detail(request, title="页", obj=request.user)
    assert "外来值" in answer.content.decode()
    request = request_of("/?tab=timeline")
    answer = render_detail(request, title="页", obj=request.user)
    assert "2026-03-02" in answer.content.decode()


def test_htmx_gets_the_tab_alone(request_of):
    request = request_of("/?tab=a", **{"HX-Request": "true"})
    text = render_detail(
        request, title="页", tabs=[Tab("a", "甲", "")]
    ).content.decode()
    assert "<html" not in text


def test_the_tree_works_as_links(request_of):
    nodes = [TreeNode("二七区", "/g/1/", has_children=True, expand_url="/t/1/")]
    text = pages.render_tree(request_of(), nodes=nodes).content.decode()
    assert 'href="/g/1/"' in text
    assert 'href="/t/1/"' in text
    assert "<html" in text


def test_a_field_lets_too_much_in_so_that_the_form_can_say_so():
    class OfNames(forms.Form):
        name = forms.CharField(label="名称", max_length=3)

    shown = ui_tags.field(OfNames({"name": "四个字的"})["name"])
    assert "maxlength" not in shown["widget"]
    assert 'value="四个字的"' in shown["widget"]
    assert shown["bound"].errors == ["最多 3 个字，现有 4 个字，请缩短。"]


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        (forms.IntegerField(), "三", "应填写整数，请改正。"),
        (forms.IntegerField(), "3.5", "应填写整数，请改正。"),
        (forms.IntegerField(min_value=0), "-1", "不能小于 0，请改正。"),
        (forms.IntegerField(max_value=31), "32", "不能大于 31，请改正。"),
        (forms.DecimalField(), "1e", "应填写数字，请改正。"),
        (forms.DecimalField(max_digits=3), "1e9", "数字大得不可能，请核对。"),
        (
            forms.DecimalField(max_digits=9, decimal_places=2),
            "0.125",
            "最多 2 位小数，请改正。",
        ),
        (forms.DateField(), "2026-02-30", "没有这一天，请写成 2026-07-26 的样子。"),
        (forms.EmailField(), "a@", "邮箱地址不完整，请核对。"),
        (forms.ChoiceField(), "", "请选择此项。"),
        (forms.CharField(), "", "请填写此项。"),
    ],
)
def test_a_field_says_in_one_sentence_what_to_do(field, typed, said):
    with pytest.raises(forms.ValidationError) as refused:
        field.clean(typed)
    assert refused.value.messages == [said]
