import pytest
from django.urls import reverse

from gridinspect.accounts.roles import Role
from gridinspect.ui.models import SavedFilter
from gridinspect.ui.services import filters_for
from tests.factories import make_user

pytestmark = pytest.mark.django_db
LIST = "/enterprises/"


def save(client, **more):
    asked = {"name": "enterprises", "title": "未采集", "query": "survey=never&page=3"}
    return client.post(reverse("ui:filter-save"), asked | {"next": LIST} | more)


def test_a_search_is_kept_under_a_name_without_its_page(bureau_client, bureau):
    save(bureau_client)
    saved = SavedFilter.objects.get()
    assert (saved.query, saved.shared_path, saved.owner) == ("survey=never", "", bureau)
    text = bureau_client.get(LIST).content.decode()
    assert 'href="?survey=never"' in text
    save(bureau_client, query="status=open")
    assert SavedFilter.objects.get().query == "status=open"
    bureau_client.post(reverse("ui:filter-forget", args=[saved.pk]), {"next": LIST})
    assert not SavedFilter.objects.exists()


def test_a_shared_one_is_for_the_own_place_only(
    bureau_client, bureau, street, neighbour
):
    save(bureau_client, shared="1")
    inside = make_user(grid=street, role=Role.SQUAD_LEADER)
    assert len(filters_for("enterprises", inside)) == 1
    assert filters_for("enterprises", neighbour) == []
    assert filters_for("doubts", bureau) == []


def test_nobody_forgets_what_another_saved(bureau_client, neighbour):
    saved = SavedFilter.objects.create(
        owner=neighbour, list_name="enterprises", title="别人的", query=""
    )
    url = reverse("ui:filter-forget", args=[saved.pk])
    assert bureau_client.post(url).status_code == 404


def test_a_list_keeps_its_order_and_its_number_of_rows(bureau_client):
    bureau_client.get(f"{LIST}?sort=name&page_size=50")  # looking changes nothing
    assert bureau_client.get(LIST).context["table"].sort == "-id"
    columns = {"name": "enterprises", "columns": ["name"], "page_size": 50}
    there = columns | {"next": f"{LIST}?sort=name"}
    bureau_client.post(reverse("ui:columns"), there)
    table = bureau_client.get(LIST).context["table"]
    assert (table.sort, table.page_size, table.shown_keys) == ("name", 50, {"name"})
    bureau_client.post(reverse("ui:columns"), there | {"reset": "1"})
    assert bureau_client.get(LIST).context["table"].sort == "-id"
