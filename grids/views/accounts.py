"""账号管理: who may sign in, with which posts."""

import django_filters
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from gridinspect.accounts.models import Person, User
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    render_detail,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import staff_accounts
from grids.account_forms import EndPostForm, OpenAccountForm, PostForm, UsernameForm
from grids.forms import add_refusal
from grids.models import Posting
from grids.services import accounts, postings

CRUMBS = [("账号管理", "/accounts/")]
POST_FIELDS = ["role", "grid", "city", "since"]
SECTIONS = [
    ("人员", ["name", "id_number", "phone"]),
    ("账号", ["username"]),
    ("岗位", POST_FIELDS),
]


class AccountFilter(django_filters.FilterSet):
    """The search block of 账号管理."""

    q = django_filters.CharFilter(label="姓名或用户名", method="search")
    is_active = django_filters.ChoiceFilter(
        label="状态", choices=[("True", "启用"), ("False", "停用")], empty_label="全部"
    )

    class Meta:
        model = User
        fields = ["q", "is_active"]

    def search(self, users, name, words):
        return users.filter(
            Q(person__name__icontains=words) | Q(username__icontains=words)
        )


def state_badge(user: User):
    """Say in a badge whether an account can sign in."""
    if not user.is_active:
        return badge_html("停用")
    if user.initial_until and user.initial_until <= timezone.now():
        return badge_html("初始密码已过期", "warning")
    if user.must_change_password:
        return badge_html("待改初始密码", "info")
    return badge_html("启用", "ok")


COLUMNS = [
    Column(
        "username",
        "用户名",
        sort="username",
        link=lambda user: reverse("grids:account", args=[user.pk]),
    ),
    Column("name", "姓名", value="person.name", sort="person__name"),
    Column("posts", "在岗岗位", value=lambda user: _posts(user)),
    Column("state", "状态", value=state_badge, sort="is_active"),
    Column("last_login", "最近登录", sort="last_login"),
    Column("created_at", "开通时间", sort="created_at", hidden=True),
]


def account_list(request: Request):
    """Show the accounts that the user looks after."""
    require_holds(request.user, Permission.ACCOUNT_MANAGE)
    users = staff_accounts.accounts_managed_by(request.user).select_related("person")
    filters = AccountFilter(request.GET, queryset=users)
    table = build_table(
        request,
        filters.qs.prefetch_related("person__postings__grid", "person__postings__city"),
        COLUMNS,
        name="accounts",
        default_sort="username",
    )
    return render_list(
        request,
        title="账号管理",
        table=table,
        filters=filters,
        toolbar=[add_action(reverse("grids:account-open"), "开通账号")],
        empty="没有符合条件的账号。可以点“开通账号”为本辖区人员新建。",
    )


def account_open(request: Request):
    """Make an account for a person of the user's places, with a first post."""
    require_holds(request.user, Permission.ACCOUNT_MANAGE)
    form = OpenAccountForm(request.POST or None, by=request.user)
    if form.is_valid():
        try:
            user, secret = accounts.open_account_for_new_person(
                by=request.user, **form.cleaned_data
            )
        except ValidationError as error:
            add_refusal(form, error)
        else:
            return _show_secret(request, user, secret)
    return render_form(
        request,
        title="开通账号",
        form=form,
        sections=SECTIONS,
        submit="开通",
        crumbs=CRUMBS,
    )


def account_open_for(request: Request, person_pk: int):
    """Make an account for somebody who is on post already."""
    people = staff_accounts.people_without_account(request.user)
    person = get_object_or_404(people, pk=person_pk)
    form = UsernameForm(request.POST or None)
    if form.is_valid():
        user, secret = accounts.open_account(
            person=person, by=request.user, **form.cleaned_data
        )
        return _show_secret(request, user, secret)
    return render_form(
        request,
        title=f"为{person}开通账号",
        form=form,
        submit="开通",
        crumbs=CRUMBS,
        note="岗位已经登记，开通后按现有岗位使用系统。",
    )


def account_detail(request: Request, pk: int):
    """Show one account, its posts, and what was done to it."""
    user = _managed(request, pk)
    return render_detail(
        request,
        title=str(user),
        subtitle=f"用户名 {user.username}",
        badges=[state_badge(user)],
        facts=[
            ("姓名", str(user)),
            ("用户名", user.username),
            ("开通时间", user.created_at),
            ("最近登录", user.last_login),
        ],
        tabs=[
            Tab(
                "posts",
                "岗位",
                lambda: _post_table(request, user),
                empty="没有岗位，登录后看不到任何辖区，请点“增加岗位”。",
            )
        ],
        actions=_actions(request, user),
        crumbs=CRUMBS,
        obj=user,
    )


@require_POST
def account_switch(request: Request, pk: int):
    """Disable an account, or enable it again."""
    user = _managed(request, pk)
    active = not user.is_active
    try:
        accounts.set_active(user=user, active=active, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        words = "已启用" if active else "已停用，其登录立即失效"
        messages.success(request, f"账号“{user.username}”{words}。")
    return redirect("grids:account", pk)


@require_POST
def account_reset(request: Request, pk: int):
    """Give an account a new initial secret."""
    user = _managed(request, pk)
    try:
        secret = accounts.reset_password(user=user, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("grids:account", pk)
    return _show_secret(request, user, secret)


def account_post(request: Request, pk: int):
    """Give the person of an account another post."""
    user = _managed(request, pk)
    form = PostForm(request.POST or None, by=request.user)
    if form.is_valid():
        if user == request.user:
            form.add_error(None, "不能给自己增加岗位，请由其他管理员办理。")
        elif _added(form, user, request.user):
            messages.success(request, f"已为{user}增加岗位。")
            return redirect("grids:account", pk)
    return render_form(
        request,
        title=f"为{user}增加岗位",
        form=form,
        sections=[("岗位", POST_FIELDS)],
        submit="增加",
        crumbs=[*CRUMBS, (str(user), reverse("grids:account", args=[pk]))],
    )


def posting_end(request: Request, pk: int):
    """End a post of somebody with an account."""
    managed = staff_accounts.postings_managed_by(request.user)
    posting = get_object_or_404(
        managed.filter(person__user__isnull=False).select_related("person__user"), pk=pk
    )
    back = _managed(request, posting.person.user.pk)
    form = EndPostForm(request.POST or None)
    if form.is_valid():
        try:
            postings.end_posting(posting=posting, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"{posting.person}的岗位已登记离岗。")
            return redirect("grids:account", back.pk)
    return render_form(
        request,
        title=f"结束岗位：{posting}",
        form=form,
        submit="结束岗位",
        crumbs=[*CRUMBS, (str(back), reverse("grids:account", args=[back.pk]))],
    )


def _managed(request: Request, pk: int) -> User:
    managed = staff_accounts.accounts_managed_by(request.user)
    return get_object_or_404(managed.select_related("person"), pk=pk)


def _added(form: PostForm, user: User, by: User) -> bool:
    try:
        person = Person.objects.get(user=user)
        postings.begin_posting(person=person, by=by, **form.cleaned_data)
    except ValidationError as error:
        add_refusal(form, error)
        return False
    return True


def _show_secret(request: Request, user: User, secret: str):
    """Show an initial secret, this once; nothing keeps it."""
    context = {
        "title": "初始密码",
        "account": user,
        "secret": secret,
        "crumbs": [*CRUMBS, ("初始密码", "")],
    }
    return render(request, "grids/accounts/secret.html", context)


def _posts(user: User) -> str:
    """Say which posts an account has today, from what the list has fetched."""
    today = timezone.localdate()
    posts = user.person.postings.all() if user.person else Posting.objects.none()
    return "；".join(
        f"{post.place} {post.get_role_display()}"
        for post in posts
        if post.since <= today and (post.until is None or post.until > today)
    )


def _post_table(request: Request, user: User):
    posts = Posting.objects.filter(person=user.person).select_related("grid", "city")
    managed = staff_accounts.postings_managed_by(request.user)
    mine = set(managed.filter(person=user.person).values_list("pk", flat=True))

    def acts(post: Posting) -> list[Action]:
        if post.until or post.pk not in mine:
            return []
        return [Action("结束", reverse("grids:posting-end", args=[post.pk]))]

    columns = [
        Column("role", "岗位", value="get_role_display"),
        Column("place", "所在网格或地市"),
        Column("since", "上岗日期", sort="since"),
        Column("until", "离岗日期", sort="until"),
    ]
    return build_table(
        request,
        posts,
        columns,
        name="account-posts",
        default_sort="-since",
        row_actions=acts,
    )


def _actions(request: Request, user: User) -> list[Action]:
    if user == request.user:
        return []

    def act(label: str, name: str, icon: str, **more) -> Action:
        return Action(label, reverse(f"grids:{name}", args=[user.pk]), icon, **more)

    switch = "停用" if user.is_active else "启用"
    ask = "停用后立即不能登录，岗位记录保留。" if user.is_active else "启用后可以登录。"
    return [
        act("增加岗位", "account-post", "person-plus", primary=True),
        act(
            "重置密码",
            "account-reset",
            "key",
            method="post",
            confirm="原密码立即失效，并生成一个只显示一次的初始密码。",
        ),
        act(
            switch,
            "account-switch",
            "slash-circle" if user.is_active else "check-circle",
            method="post",
            confirm=ask,
            danger=user.is_active,
        ),
    ]
