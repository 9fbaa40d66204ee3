"""Registration facts and contacts in a unit's file: kept, hidden, never half done."""

import pytest
from django.db import connection
from django.urls import reverse

from enterprises.models import Enterprise
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import history
from grids.forms import spelled
from tests.factories import make_enterprise, make_user

pytestmark = pytest.mark.django_db
ID_NUMBER, PHONE = "410103198506150012", "13900000001"


@pytest.fixture
def unit(community):
    return make_enterprise("郑州甲餐饮有限公司", grid=community)


def url(page, unit, **query):
    return reverse(f"enterprises:{page}", args=[unit.pk], query=query or None)


def typed(unit, **changes):
    return {
        "name": unit.name,
        "unit_kind": unit.unit_kind,
        "status": unit.status,
        "source": unit.source,
        "grid": spelled(unit.grid),
        "edition": unit.edition,
    } | changes


FULL = {
    "organisation_code": "00000000-0",
    "department": "区商务局",
    "registered_capital": "100.5",
    "is_legal_person": "True",
    "is_branch": "False",
    "parent_unit": "郑州总公司",
    "insurance_number": "41010012345",
    "dispatch_licence": "豫A派遣001",
    "dispatch_licence_until": "2027-12-31",
    "legal_id_number": ID_NUMBER,
    "legal_phone": PHONE,
    "labour_manager": "李四",
    "labour_phone": PHONE,
    "contact_mobile": PHONE,
    "contact_email": "hr@example.com",
}


def test_everything_is_kept_hidden_and_traced(bureau_client, unit):
    code = {"organisation_code": ""}
    answer = bureau_client.post(url("change", unit), typed(unit, **FULL | code))
    assert answer.status_code == 302, answer.context["form"].errors
    unit = Enterprise.objects.get()
    assert (unit.legal_id_number, unit.legal_phone) == (ID_NUMBER, PHONE)
    assert (unit.is_legal_person, unit.is_branch) == (True, False)
    assert str(unit.registered_capital) == "100.5000"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT legal_id_number, labour_phone FROM enterprises_enterprise"
        )
        assert ID_NUMBER not in str(cursor.fetchone())
    event = history(unit)[0]
    assert ID_NUMBER not in str(event.data)
    assert event.data["after"]["legal_phone"] == "139****0001"
    text = bureau_client.get(unit.get_absolute_url()).content.decode()
    assert "410103********0012" in text
    assert "区商务局" in text
    assert ID_NUMBER not in text
    assert PHONE not in text


def test_a_number_left_empty_stays_and_无_removes_it(bureau_client, unit):
    unit.legal_phone = unit.labour_phone = PHONE
    unit.save()
    bureau_client.post(url("change", unit), typed(unit, labour_phone="无"))
    unit = Enterprise.objects.get()
    assert (unit.legal_phone, unit.labour_phone) == (PHONE, "")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"organisation_code": "12345678-9"}, "组织机构代码校验码不符"),
        ({"registered_capital": "-1"}, "注册资本不能是负数"),
        ({"registered_capital": "一百"}, "注册资本应为数字"),
        ({"legal_id_number": "410103198506150013"}, "校验"),
        ({"legal_id_number": "12 3"}, "证件号码应为 5 至 20 位"),
        ({"legal_phone": "12"}, "电话号码不完整"),
        ({"contact_email": "hr"}, "邮"),
        ({"dispatch_licence_until": "2027-01-01"}, "请填写派遣许可证号"),
        ({"parent_unit": "<b>" * 100}, "现有 300 个字"),
    ],
)
def test_bad_input_gets_one_sentence_and_loses_nothing(
    bureau_client, unit, changes, sentence
):
    data = typed(unit, department="区商务局") | changes
    text = bureau_client.post(url("change", unit), data).content.decode()
    assert sentence.replace(" ", "") in text.replace(" ", "")
    assert "区商务局" in text
    assert "<b><b>" not in text
    assert Enterprise.objects.get().department == ""


@pytest.mark.parametrize(
    ("role", "name", "status"),
    [
        (Role.LEADER, "legal_id_number", 200),
        (Role.DISTRICT_BUREAU, "legal_id_number", 403),
        (Role.DISTRICT_BUREAU, "legal_phone", 200),
        (Role.DISTRICT_BUREAU, "name", 404),
        (Role.LEGAL_REVIEWER, "legal_phone", 403),
    ],
)
def test_a_number_is_shown_in_full_for_a_reason_to_who_may(
    client, erqi, unit, role, name, status
):
    unit.legal_id_number, unit.legal_phone = ID_NUMBER, PHONE
    unit.save()
    client.force_login(make_user(grid=erqi, role=role))
    page = url("reveal", unit, of=name)
    assert client.get(page).status_code == status
    if status == 200:
        assert (
            getattr(unit, name)
            in client.post(page, {"reason": "核实身份"}).content.decode()
        )
        assert history(unit)[0].data["reason"] == "核实身份"
