"""What a person chooses about the look of the pages. No act, so no audit event."""

from collections.abc import Sequence

from django.db.models import Q

from gridinspect.accounts.models import User
from gridinspect.ui.models import Preference, SavedFilter


def choose_columns(
    *,
    name: str,
    columns: Sequence[str],
    page_size: int | None,
    sort: str = "",
    by: User,
) -> None:
    """Keep which columns of a list somebody wants, how many rows, in which order."""
    found = Preference.objects.filter(user=by, key=f"table:{name}").first()
    value = (found.value if found else {}) | {"columns": list(columns)}
    if page_size:
        value["page_size"] = page_size
    if sort:
        value["sort"] = sort
    Preference.objects.update_or_create(
        user=by, key=f"table:{name}", defaults={"value": value}
    )


def forget_columns(*, name: str, by: User) -> None:
    """Show a list as it comes."""
    Preference.objects.filter(user=by, key=f"table:{name}").delete()


def set_large_text(*, large: bool, by: User) -> None:
    """Switch the large text on or off."""
    by.large_text = large
    by.save(update_fields=["large_text"])


def save_filter(
    *, list_name: str, title: str, query: str, shared_path: str, by: User
) -> SavedFilter:
    """Keep a search under a name; the same name again replaces it."""
    saved, _ = SavedFilter.objects.update_or_create(
        owner=by,
        list_name=list_name,
        title=title,
        defaults={"query": query, "shared_path": shared_path},
    )
    return saved


def forget_filter(*, saved: SavedFilter) -> None:
    """Forget a search of one's own."""
    saved.delete()


def filters_for(list_name: str, user: User) -> list[SavedFilter]:
    """Return the saved searches of a list: one's own, and what a place shares.

    Shared by a place they are for whoever works in it or below it.
    """
    paths = user.scope_paths()
    rows = SavedFilter.objects.filter(list_name=list_name).select_related("owner")
    return [
        one
        for one in rows.exclude(~Q(owner=user), shared_path="")
        if one.owner_id == user.pk
        or any(path.startswith(one.shared_path) for path in paths)
    ]
