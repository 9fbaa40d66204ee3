"""What a person chooses about the look of the pages. No act, so no audit event."""

from collections.abc import Sequence

from gridinspect.accounts.models import User
from gridinspect.ui.models import Preference


def choose_columns(
    *, name: str, columns: Sequence[str], page_size: int | None, by: User
) -> None:
    """Keep which columns of a list somebody wants to see, and how many rows."""
    value: dict = {"columns": list(columns)}
    if page_size:
        value["page_size"] = page_size
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
