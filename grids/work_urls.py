"""The pages of offices, duties, the directory, 四定, plans and tasks."""

from django.urls import path

from grids.views import (
    directory,
    duties,
    four_fixed,
    groups,
    office_acts,
    offices,
    plans,
    tasks,
)

urlpatterns = [
    path("offices/", offices.office_list, name="offices"),
    path("offices/missing/", offices.offices_missing, name="offices-missing"),
    path("offices/new/", office_acts.office_create, name="office-create"),
    path("offices/people/", offices.post_options, name="post-options"),
    path("offices/<int:pk>/", offices.office_detail, name="office"),
    path("offices/<int:pk>/change/", office_acts.office_change, name="office-change"),
    path("offices/<int:pk>/close/", office_acts.office_close, name="office-close"),
    path("offices/<int:pk>/leader/", office_acts.office_leader, name="office-leader"),
    path("offices/<int:pk>/asset/", office_acts.office_asset, name="office-asset"),
    path(
        "offices/leaders/<int:pk>/end/",
        office_acts.leader_end,
        name="office-leader-end",
    ),
    path(
        "offices/assets/<int:pk>/end/", office_acts.asset_end, name="office-asset-end"
    ),
    path("groups/", groups.group_list, name="groups"),
    path("groups/new/", groups.group_create, name="group-create"),
    path("groups/<int:pk>/", groups.group_detail, name="group"),
    path("groups/<int:pk>/change/", groups.group_change, name="group-change"),
    path("groups/<int:pk>/close/", groups.group_close, name="group-close"),
    path("groups/<int:pk>/member/", groups.group_member, name="group-member"),
    path("groups/members/<int:pk>/end/", groups.member_end, name="member-end"),
    path("duties/", duties.duty_page, name="duties"),
    path("duties/<int:pk>/<slug:role>/", duties.duty_change, name="duty-change"),
    path("duties/statements/<int:pk>/end/", duties.duty_end, name="duty-end"),
    path("directory/", directory.directory, name="directory"),
    path("directory/export/", directory.directory_export, name="directory-export"),
    path("directory/reveal/", directory.directory_reveal, name="directory-reveal"),
    path("four-fixed/", four_fixed.four_fixed, name="four-fixed"),
    path("four-fixed/posts/", four_fixed.four_fixed_posts, name="four-fixed-posts"),
    path("four-fixed/grids/", four_fixed.four_fixed_grids, name="four-fixed-grids"),
    path("plans/", plans.plan_list, name="plans"),
    path("plans/new/", plans.plan_create, name="plan-create"),
    path("plans/<int:pk>/", plans.plan_detail, name="plan"),
    path("plans/<int:pk>/change/", plans.plan_change, name="plan-change"),
    path("tasks/", tasks.task_list, name="tasks"),
    path("tasks/new/", plans.task_create, name="task-create"),
    path("tasks/many/", plans.task_many, name="task-many"),
    path("tasks/<int:pk>/", tasks.task_detail, name="task"),
    path("tasks/<int:pk>/finish/", tasks.task_finish, name="task-finish"),
    path("tasks/<int:pk>/change/", tasks.task_change, name="task-change"),
    path("tasks/<int:pk>/return/", tasks.task_return, name="task-return"),
    path("tasks/<int:pk>/cancel/", tasks.task_cancel, name="task-cancel"),
]
