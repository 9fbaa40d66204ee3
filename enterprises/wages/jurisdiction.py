"""企业协管员: a post in a unit opens the pages of this unit, and nothing else."""

from typing import Any

from django.db.models import F

from enterprises.wages.models import EnterpriseAssistant
from gridinspect.accounts.roles import Role
from grids.jurisdiction import PostBeside, keeps_posts


@keeps_posts
class UnitPosts:
    """The posts of enterprise assistants; each path names the one unit."""

    def of(self, person: int) -> list[PostBeside]:
        posts = EnterpriseAssistant.objects.current().filter(person=person)
        return [
            PostBeside(
                Role.ENTERPRISE_ASSISTANT,
                f"{post.enterprise.grid.path}unit-{post.enterprise_id}/",
                post.enterprise.name,
            )
            for post in posts.select_related("enterprise__grid")
        ]

    def people(self) -> Any:
        posts = EnterpriseAssistant.objects.current()
        paths = posts.annotate(path=F("enterprise__grid__path"))
        return paths.values_list("person_id", "path")
