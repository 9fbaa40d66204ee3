"""Plans that are written by form: nothing loaded changes, nothing typed is lost."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from grids.draft_forms import TITLES
from grids.models import DirtyMark, Policy, PolicyDraft
from grids.policy import PolicyError
from grids.services.drafts import (
    begin_draft,
    change_draft,
    discard_draft,
    draft_of_file,
    publish_draft,
)
from grids.services.policies import SHIPPED, end_policy, policy_on, values_of
from grids.services.tree import Refused
from tests.factories import LONG_AGO, make_adoption, make_policy, make_user

pytestmark = pytest.mark.django_db

ERQI = (SHIPPED / "erqi-2013.toml").read_text("utf-8")
YINGKOU = (SHIPPED / "yingkou-2021.toml").read_text("utf-8")


@pytest.fixture
def plan():
    return make_policy("yingkou-2021")


@pytest.fixture
def admin(erqi):
    return make_user(grid=erqi, role=Role.SYSTEM_ADMIN)


@pytest.fixture
def admin_client(client, admin):
    client.force_login(admin)
    return client


@pytest.fixture
def draft(plan, admin):
    return begin_draft(base=plan, slug=plan.slug, title="新方案", by=admin)


def rows_of(draft, section, **changes):
    """Return the rows of a section, the first one changed."""
    first, *others = draft.document[section]
    return [{**first, **changes}, *others]


def fields_of(response):
    """Return what the form of a page would send."""
    formset = response.context["formset"]
    data = {
        f"row-{name}": getattr(formset, method)()
        for name, method in (
            ("TOTAL_FORMS", "total_form_count"),
            ("INITIAL_FORMS", "initial_form_count"),
        )
    }
    for form in formset:
        for bound in form:
            value = bound.field.prepare_value(bound.value())
            if value is not False and value not in (None, "", []):
                data[bound.html_name] = value
    return data | {"edition": response.context["edition"].initial["edition"]}


def test_a_clone_is_the_next_version_and_says_the_same(draft, plan):
    after = plan.version + 1
    assert (draft.slug, draft.version, draft.edition) == (plan.slug, after, 1)
    assert draft.document == plan.document | {"title": "新方案", "version": after}
    assert history(draft).get().verb == "policy.draft_begun"


def test_a_changed_value_is_published_as_a_version_of_its_own(draft, plan, admin):
    before = dict(plan.document)
    draft = change_draft(
        draft=draft,
        edition=1,
        section="number",
        rows=rows_of(draft, "number", value=7),
        by=admin,
    )
    policy = publish_draft(draft=draft, edition=2, by=admin)
    plan.refresh_from_db()
    assert plan.document == before
    assert values_of(policy).numbers[0].value == 7
    assert policy.clauses.count() == plan.clauses.count()
    assert not PolicyDraft.objects.exists()
    assert history(policy).get().verb == "policy.published"


def test_what_cannot_be_meant_changes_nothing(draft, admin):
    with pytest.raises(PolicyError, match="没有这一条"):
        change_draft(
            draft=draft,
            edition=1,
            section="number",
            rows=rows_of(draft, "number", clause="YK-99"),
            by=admin,
        )
    draft.refresh_from_db()
    assert draft.edition == 1


def test_the_second_of_two_writers_is_told_of_the_first(draft, admin, erqi):
    other = make_user(grid=erqi, role=Role.SYSTEM_ADMIN)
    rows = rows_of(draft, "number", value=7)
    change_draft(draft=draft, edition=1, section="number", rows=rows, by=other)
    with pytest.raises(Refused, match=f"{other}修改过"):
        change_draft(draft=draft, edition=1, section="number", rows=rows, by=admin)
    with pytest.raises(Refused, match="修改过"):
        publish_draft(draft=draft, edition=1, by=admin)


def test_the_law_is_not_written_here(admin):
    with pytest.raises(Refused, match="系统管理员"):
        begin_draft(base=make_policy("national"), slug="law", title="法", by=admin)


def test_a_version_that_is_loaded_is_not_published_again(draft, plan, admin):
    draft.document["version"] = plan.version
    draft.save()
    with pytest.raises(Refused, match=f"请把版本号改为 {plan.version + 1}"):
        publish_draft(draft=draft, edition=1, by=admin)
    assert Policy.objects.filter(slug=plan.slug).count() == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (YINGKOU.replace('id = "YK-05"', 'id = "YK-98"'), "没有这一条"),
        (YINGKOU.replace('issuer = "', 'isuer = "'), "不认识的项“isuer”"),
        (ERQI.replace("percent = 50", "percent = 110", 1), "应为 100%"),
        ("x = ", "不是有效的"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_in_one_sentence(
    wrong, sentence, admin_client
):
    assert wrong not in (ERQI, YINGKOU)
    file = SimpleUploadedFile("plan.toml", wrong.encode())
    response = admin_client.post(reverse("grids:policy-upload"), {"file": file})
    (error,) = response.context["form"].errors["file"]
    assert sentence in error
    assert error.count("。") == 1
    assert not PolicyDraft.objects.exists()


def test_a_file_becomes_a_draft_to_be_looked_at(admin_client):
    file = SimpleUploadedFile("plan.toml", YINGKOU.encode())
    url = reverse("grids:policy-upload")
    response = admin_client.post(url, {"file": file}, follow=True)
    assert "文件没有问题" in response.content.decode()
    assert PolicyDraft.objects.get().slug == "yingkou-2021"
    assert not Policy.objects.exists()


def test_a_published_file_is_the_same_as_the_loaded_one(admin):
    draft = draft_of_file(document=YINGKOU.encode(), by=admin)
    publish_draft(draft=draft, edition=1, by=admin)
    assert make_policy("yingkou-2021") == Policy.objects.get()


@pytest.mark.parametrize(
    "section",
    [key for key in TITLES if key != "head"],
)
@pytest.mark.parametrize("slug", ["shenyang-plan", "yingkou-2021", "erqi-2013"])
def test_a_section_that_is_saved_unchanged_says_what_it_said(
    slug, section, admin_client, admin
):
    draft = begin_draft(base=make_policy(slug), slug=slug, title="同", by=admin)
    url = reverse("grids:draft-section", args=[draft.pk, section])
    response = admin_client.post(url, fields_of(admin_client.get(url)))
    assert response.status_code == 302, response.context["refusal"]
    before = draft.document
    draft.refresh_from_db()
    assert draft.document == before
    assert draft.edition == 2


def test_the_page_of_a_draft_tells_who_wrote_which_part(draft, admin_client, admin):
    change_draft(
        draft=draft,
        edition=1,
        section="number",
        rows=rows_of(draft, "number", value=7),
        by=admin,
    )
    page = admin_client.get(draft.get_absolute_url(), {"tab": "timeline"})
    assert "其他数值" in page.content.decode()


def test_the_head_is_edited_like_the_rest(draft, admin_client):
    url = reverse("grids:draft-section", args=[draft.pk, "head"])
    form = admin_client.get(url).context["form"]
    data = {b.name: b.value() for b in form if b.value() not in (None, False)}
    data |= {"edition": 1, "title": "另一个名称", "effective_is_certain": "on"}
    assert admin_client.post(url, data).status_code == 302
    draft.refresh_from_db()
    assert draft.title == "另一个名称"
    assert draft.document["clause"]


def test_a_refusal_stands_at_its_row_and_keeps_what_was_typed(draft, admin_client):
    url = reverse("grids:draft-section", args=[draft.pk, "number"])
    data = fields_of(admin_client.get(url))
    data |= {"row-0-clause": "", "row-0-source": "", "row-0-value": "77"}
    text = admin_client.post(url, data).content.decode()
    assert "没有依据" in text
    assert 'value="77"' in text
    draft.refresh_from_db()
    assert draft.edition == 1


def test_shares_of_110_percent_are_refused(admin, admin_client):
    base = make_policy("erqi-2013")
    draft = begin_draft(base=base, slug=base.slug, title="新方案", by=admin)
    url = reverse("grids:draft-section", args=[draft.pk, "share"])
    data = fields_of(admin_client.get(url))
    data["row-0-percent"] = str(int(data["row-0-percent"]) + 10)
    text = admin_client.post(url, data).content.decode()
    assert "合计为 110%，应为 100%" in text


def test_a_row_is_added_and_another_deleted(draft, admin_client):
    url = reverse("grids:draft-section", args=[draft.pk, "label"])
    data = fields_of(admin_client.get(url))
    many, new = len(draft.document["label"]), int(data["row-INITIAL_FORMS"])
    data["row-0-DELETE"] = "on"
    data |= {f"row-{new}-term": "unit_file", f"row-{new}-text": "一户一册"}
    assert admin_client.post(url, data).status_code == 302
    draft.refresh_from_db()
    assert len(draft.document["label"]) == many
    assert {"term": "unit_file", "text": "一户一册"} in draft.document["label"]


def test_a_draft_is_published_on_its_page_and_can_be_adopted(draft, admin_client, erqi):
    url = reverse("grids:draft-publish", args=[draft.pk])
    text = admin_client.post(url, {"edition": 1}, follow=True).content.decode()
    assert "已发布" in text
    policy = Policy.objects.latest("pk")
    data = {"district": erqi.pk, "policy": policy.pk, "since": "2026-03-01"}
    admin_client.post(reverse("grids:adopt"), data)
    assert policy_on(erqi, date(2026, 3, 1)).policy == policy


def test_a_draft_is_given_up(draft, admin_client, admin):
    admin_client.post(reverse("grids:draft-discard", args=[draft.pk]))
    assert not PolicyDraft.objects.exists()
    with pytest.raises(Refused, match="已经发布或放弃"):
        discard_draft(draft=draft, by=admin)


def test_the_list_of_drafts_costs_the_same_for_many(
    admin_client, plan, erqi, django_assert_max_num_queries
):
    for number in range(12):
        writer = make_user(grid=erqi, role=Role.SYSTEM_ADMIN)
        begin_draft(base=plan, slug=f"plan-{number}", title="新方案", by=writer)
    with django_assert_max_num_queries(10):
        admin_client.get(reverse("grids:drafts"))


def test_drafts_of_the_neighbours_do_not_exist(draft, client, huiji):
    client.force_login(make_user(grid=huiji, role=Role.SYSTEM_ADMIN))
    assert client.get(draft.get_absolute_url()).status_code == 404
    assert draft.title not in client.get(reverse("grids:drafts")).content.decode()


def test_only_who_may_adopt_writes_plans(draft, bureau_client, plan):
    assert bureau_client.get(draft.get_absolute_url()).status_code == 404
    for url in (
        reverse("grids:drafts"),
        reverse("grids:policy-clone", args=[plan.pk]),
        reverse("grids:policy-upload"),
    ):
        assert bureau_client.get(url).status_code == 403


def test_a_plan_is_ended_from_a_day_on(erqi, admin_client):
    adoption = make_adoption(erqi)
    DirtyMark.objects.all().delete()
    url = reverse("grids:adoption-end", args=[adoption.pk])
    text = admin_client.post(url, {"until": LONG_AGO.isoformat()}).content.decode()
    assert "请选择 2020-01-02 或以后的日期" in text
    assert admin_client.post(url, {"until": "2026-05-01"}).status_code == 302
    assert policy_on(erqi, date(2026, 4, 30))
    assert policy_on(erqi, date(2026, 5, 1)) is None
    assert DirtyMark.objects.exists()


def test_a_plan_ends_once(erqi, admin):
    adoption = make_adoption(erqi)
    end_policy(adoption=adoption, until=date(2026, 5, 1), by=admin)
    with pytest.raises(Refused, match="已于 2026-05-01 结束"):
        end_policy(adoption=adoption, until=date(2026, 6, 1), by=admin)
