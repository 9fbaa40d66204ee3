import pytest
from django.urls import reverse

from gridinspect.accounts.models import User
from grids.comparing import Mark, compare
from grids.services.policies import SHIPPED, load_policy, values_of
from tests.factories import make_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan():
    return make_policy("huiji-2010")


@pytest.fixture
def changed(plan):
    text = (SHIPPED / "huiji-2010.toml").read_text("utf-8")
    text = text.replace("version = 3", "version = 4", 1)
    text = text.replace("min = 2\nmax = 2", "min = 3\nmax = 3", 1)
    text = text.replace(
        'key = "premises_max"\nvalue = 50', 'key = "premises_max"\nvalue = 60'
    )
    text = text.replace(
        'quote = "建立三级劳动保障监察网格"', 'quote = "建立劳动保障监察网格"'
    )
    return load_policy(document=text.encode(), by=User.objects.system()).policy


def differences(left, right):
    groups = compare(values_of(left), values_of(right))
    return [
        (
            group.title,
            pair.mark,
            pair.left and pair.left.text,
            pair.right and pair.right.text,
        )
        for group in groups
        for pair in group.differing
    ]


def test_a_version_differs_from_the_one_before_where_it_was_changed(plan, changed):
    found = differences(plan, changed)
    assert [(title, mark) for title, mark, *_ in found] == [
        ("人员配备", Mark.CHANGED),
        ("其他数值", Mark.CHANGED),
        ("条款", Mark.CHANGED),
    ]
    assert "合计 2 名" in found[0][2]
    assert "合计 3 名" in found[0][3]


def test_a_version_is_the_same_as_itself(plan):
    assert differences(plan, plan) == []


def test_what_only_one_plan_says_stands_on_its_side(plan):
    found = differences(plan, make_policy("erqi-2013"))
    marks = {mark for _, mark, *_ in found}
    assert marks == {Mark.CHANGED, Mark.LEFT, Mark.RIGHT}
    assert all(left is None for _, mark, left, _ in found if mark == Mark.RIGHT)


def test_the_page_shows_the_differences_and_on_request_everything(
    bureau_client, plan, changed
):
    url = reverse("grids:policy-compare")
    text = bureau_client.get(url).content.decode()
    assert "请选择两个已载入的政策版本" in text
    asked = {"left": plan.pk, "right": changed.pk}
    text = bureau_client.get(url, asked).content.decode()
    assert "<b>3</b> 项有差异" in text
    assert "不同" in text
    assert "建立指挥中心" not in text.split("<tbody>", 1)[1]
    text = bureau_client.get(url, asked | {"everything": "on"}).content.decode()
    assert "相同" in text
    assert "三上墙" in text


def test_a_version_that_does_not_exist_is_refused_in_the_form(bureau_client, plan):
    asked = {"left": plan.pk, "right": 987654321}
    response = bureau_client.get(reverse("grids:policy-compare"), asked)
    assert response.status_code == 200
    assert "right" in response.context["form"].errors
