"""人员: the list, one person's file, and every act on it."""

from functools import partial

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from assistants import services
from assistants.access import place_to_act, require_place
from assistants.filters import SOON, StaffFilter
from assistants.forms import (
    SECTIONS,
    CertificateForm,
    ChangeForm,
    EndPostForm,
    HireForm,
    PhotoForm,
    PostForm,
    RevealForm,
    TrainingForm,
)
from assistants.models import StaffFile, Training
from assistants.training import untrained_warning
from assistants.views.attendance import attendance_tab
from gridinspect.accounts.roles import POSTED_STAFF, Permission
from gridinspect.secrets import mask_id, mask_phone
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    export_action,
    import_action,
    render_detail,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may, require, require_somewhere
from grids.forms import add_refusal
from grids.models import Grid, Posting

P = Permission
CRUMBS = [("人员", "/staff/")]


# --- the list -------------------------------------------------------------------------


def staff_list(request):
    """Show 人员: who is or was on post in the user's places."""
    require_holds(request.user, P.STAFF_VIEW)
    at = outline.place_asked(request)
    files = StaffFile.objects.visible_to(request.user)
    filters = StaffFilter(request.GET, queryset=files, place=at)
    table = build_table(
        request,
        filters.qs.for_list(filters.day),
        COLUMNS,
        name="staff",
        default_sort="name",
    )
    toolbar = []
    if request.user.holds(P.STAFF_EDIT):
        toolbar.append(add_action(reverse("assistants:create")))
    if request.user.holds(P.STAFF_IMPORT):
        toolbar.append(import_action(reverse("imports:upload", args=["staff"])))
        trainings = reverse("imports:upload", args=["trainings"])
        toolbar.append(import_action(trainings, "导入培训结果"))
        query = request.GET.urlencode()
        export = f"{reverse('imports:export', args=['staff'])}?{query}"
        toolbar.append(export_action(export))
    return render_list(
        request,
        title="人员",
        table=table,
        filters=filters,
        toolbar=toolbar,
        tree=outline.tree_beside(request, "assistants:list", at),
        note=f"辖区：{at}；按 {filters.day} 的在岗情况。" if at else "",
        empty="没有符合条件的人员，请放宽查询条件，或新增、导入人员。",
    )


def _posts(file) -> str:
    return "；".join(
        f"{post.place} {post.get_role_display()}"
        for post in file.person.posts_of_the_day
    )


def _training(file: StaffFile) -> SafeString:
    passed = any(
        training.passed and training.kind == Training.Kind.PRE_POST
        for training in file.person.trainings.all()
    )
    return badge_html("合格", "ok") if passed else badge_html("无合格记录", "notice")


def _certificate(file: StaffFile) -> SafeString | str:
    """Say until when the newest certificate is valid, in words when that is a worry."""
    certificates = file.person.certificates.all()
    newest = max(certificates, key=lambda one: one.valid_until, default=None)
    return _validity(newest) if newest else ""


def _validity(certificate) -> SafeString:
    days = (certificate.valid_until - timezone.localdate()).days
    if days < 0:
        return badge_html(f"已过期 {certificate.valid_until}", "danger")
    if certificate.valid_from > timezone.localdate():
        return badge_html(f"{certificate.valid_from} 起有效", "plain")
    if days <= SOON:
        return badge_html(f"{days} 天后到期 {certificate.valid_until}", "warning")
    return badge_html(f"有效至 {certificate.valid_until}", "ok")


COLUMNS = [
    Column("name", "姓名", value="person.name", sort="person__name", link=True),
    Column("gender", "性别", value="get_gender_display", sort="gender"),
    Column("id_number", "身份证号", value=lambda file: mask_id(file.person.id_number)),
    Column("phone", "联系电话", value=lambda file: mask_phone(file.person.phone)),
    Column("posts", "岗位", value=_posts),
    Column("status", "状态", value="get_status_display", sort="status"),
    Column("training", "岗前培训", value=_training),
    Column("certificate", "监察证", value=_certificate),
    Column("hire_date", "入职日期", sort="hire_date"),
    Column("birth_date", "出生日期", sort="birth_date", hidden=True),
    Column("education", "学历", sort="education", hidden=True),
    Column("political_status", "政治面貌", sort="political_status", hidden=True),
    Column("agency", "派遣机构", sort="agency", hidden=True),
]


# --- one file -------------------------------------------------------------------------


def _visible(request, pk) -> StaffFile:
    files = StaffFile.objects.visible_to(request.user).select_related("person", "photo")
    return get_object_or_404(files, pk=pk)


def staff_detail(request, pk):
    """Show one person's file; both numbers stay masked."""
    file = _visible(request, pk)
    posts = _posts_of(request.user, file)
    current = [post for post in posts if _is_current(post)]
    warnings = filter(None, map(untrained_warning, current))
    return render_detail(
        request,
        title=file.person.name,
        subtitle="；".join(
            f"{post.place} {post.get_role_display()}" for post in current
        ),
        badges=[badge_html(file.get_status_display())],
        facts=_facts(file),
        tabs=[
            Tab(
                "posts",
                "岗位",
                partial(_post_table, request, posts),
                len(posts),
                empty="没有在岗岗位，请点“安排上岗”。",
            ),
            Tab(
                "trainings",
                "培训",
                partial(_training_table, request, file),
                empty="还没有培训记录，请点“登记培训”，或在“导入”中整批导入。",
            ),
            Tab(
                "certificates",
                "证件",
                partial(_certificate_table, request, file),
                empty="还没有证件，请点“登记监察证”。",
            ),
            Tab("attendance", "考勤", partial(attendance_tab, request, file, current)),
        ],
        actions=_actions(request.user, file),
        crumbs=CRUMBS,
        obj=file,
        note=" ".join(warnings),
    )


def staff_of_person(request, pk):
    """Lead from a person to the file."""
    files = StaffFile.objects.visible_to(request.user)
    return redirect(get_object_or_404(files, person=pk))


def _posts_of(user, file: StaffFile) -> list[Posting]:
    """Return a person's posts in the user's own places, the latest first."""
    posts = Posting.objects.visible_to(user).filter(person=file.person_id)
    related = posts.select_related("grid__district", "city", "person")
    return list(related.order_by("-since", "-pk"))


def _is_current(post: Posting) -> bool:
    today = timezone.localdate()
    return post.since <= today and (post.until is None or post.until > today)


def _facts(file: StaffFile) -> list[tuple]:
    return [
        ("性别", file.get_gender_display()),
        ("出生日期", file.birth_date),
        ("身份证号", mask_id(file.person.id_number)),
        ("联系电话", mask_phone(file.person.phone)),
        ("办公电话", file.work_phone),
        ("照片", _photo(file)),
        ("民族", file.ethnicity),
        ("政治面貌", file.political_status),
        ("户籍所在地", file.household),
        ("学历", file.education),
        ("专业", file.major),
        ("毕业院校", file.school),
        ("招聘批次", file.recruited_in),
        ("资格类别", file.eligibility),
        ("派遣机构", file.agency),
        ("退休类别", file.get_retirement_category_display()),
        ("入职日期", file.hire_date),
        ("紧急联系人", file.emergency_contact),
        ("备注", file.remark),
    ]


def _photo(file: StaffFile) -> SafeString | str:
    if file.photo is None:
        return ""
    url = file.photo.get_absolute_url()
    return format_html(
        '<a href="{}"><img class="gi-photo" src="{}" alt="{}的照片"></a>',
        url,
        url,
        file.person.name,
    )


def _post_table(request, posts: list[Posting]):
    def actions(post: Posting) -> list[Action]:
        is_open = post.until is None and post.role in POSTED_STAFF
        if not is_open or not may(request.user, P.STAFF_EDIT, at=post.place):
            return []
        return [Action("结束岗位", reverse("assistants:end-post", args=[post.pk]))]

    columns = [
        Column("place", "网格或地市", link=lambda post: _place_url(post)),
        Column("district", "区县", value="grid.district.name"),
        Column("role", "岗位", value="get_role_display"),
        Column("since", "上岗日期", sort="since"),
        Column("until", "离岗日期", sort="until"),
    ]
    return build_table(request, posts, columns, name="staff-posts", row_actions=actions)


def _place_url(post: Posting) -> str:
    return post.grid.get_absolute_url() if post.grid else ""


def _training_table(request, file: StaffFile):
    columns = [
        Column("kind", "类别", value="get_kind_display", sort="kind"),
        Column("finished_on", "结业日期", sort="finished_on"),
        Column("passed", "结果", value=lambda one: "合格" if one.passed else "不合格"),
        Column("certificate_number", "证书编号"),
    ]
    trainings = file.person.trainings.all()
    return build_table(
        request,
        trainings,
        columns,
        name="staff-trainings",
        default_sort="-finished_on",
    )


def _certificate_table(request, file: StaffFile):
    columns = [
        Column("kind", "类别", value="get_kind_display"),
        Column("number", "证号"),
        Column("valid_from", "有效期自", sort="valid_from"),
        Column("valid_until", "有效期至", sort="valid_until"),
        Column("validity", "状态", value=_validity),
    ]
    return build_table(
        request,
        file.person.certificates.all(),
        columns,
        name="staff-certificates",
        default_sort="-valid_until",
    )


def _actions(user, file: StaffFile) -> list[Action]:
    """Return the acts that would succeed."""

    def act(label: str, name: str, icon: str) -> Action:
        return Action(label, reverse(f"assistants:{name}", args=[file.pk]), icon=icon)

    actions = []
    if place_to_act(user, P.STAFF_EDIT, file):
        actions = [
            act("修改", "change", "pencil"),
            act("照片", "photo", "person-bounding-box"),
            act("安排上岗", "post", "person-check"),
            act("登记培训", "training", "mortarboard"),
            act("登记监察证", "certificate", "award"),
        ]
    if place_to_act(user, P.PERSONAL_REVEAL, file):
        actions.append(act("查看完整号码", "reveal", "eye"))
    return actions


# --- acts -----------------------------------------------------------------------------


def _grids(user):
    """Return the open grids to which the user may post somebody."""
    grids = Grid.objects.visible_to(user).where(user, P.STAFF_EDIT)
    return grids.filter(closed_on=None)


def staff_create(request):
    """Open a personnel file with its first post."""
    require_somewhere(request.user, P.STAFF_EDIT)
    grids = _grids(request.user)
    at = outline.place_asked(request)
    initial = {"grid": at} if isinstance(at, Grid) else {}
    form = HireForm(request.POST or None, initial=initial, grids=grids)
    if form.is_valid():
        require(request.user, P.STAFF_EDIT, at=form.cleaned_data["grid"])
        try:
            file = services.hire(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"已为 {file.person} 建立人员档案并安排上岗。")
            _warn(request, file)
            return redirect(file)
    return render_form(
        request, title="新增人员", form=form, sections=SECTIONS, crumbs=CRUMBS
    )


def _warn(request, file: StaffFile) -> None:
    """Say that somebody began without training; it does not stop the post."""
    post = file.person.postings.order_by("-pk").first()
    if post and (warning := untrained_warning(post)):
        messages.warning(request, warning)


def staff_change(request, pk):
    """Change a person's file."""
    file = _visible(request, pk)
    place = require_place(request.user, P.STAFF_EDIT, file)
    form = ChangeForm(request.POST or None, instance=file)
    if form.is_valid():
        try:
            services.change_file(
                file=file, by=request.user, path=place.path, **form.cleaned_data
            )
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, "人员档案已保存。")
            return redirect(file)
    return render_form(
        request,
        title=f"修改人员档案：{file.person}",
        form=form,
        sections=SECTIONS,
        crumbs=[*CRUMBS, (file.person.name, file.get_absolute_url())],
    )


def staff_photo(request, pk):
    """Give a person's file a photograph, which the poster of staff prints."""
    file = _visible(request, pk)
    place = require_place(request.user, P.STAFF_EDIT, file)
    form = PhotoForm(request.POST or None, request.FILES or None)
    save = partial(services.set_photo, file=file, by=request.user, path=place.path)
    return _act(request, file, form, save, title="照片", done="照片已保存。")


def staff_post(request, pk):
    """Post a person to a grid."""
    file = _visible(request, pk)
    require_place(request.user, P.STAFF_EDIT, file)
    form = PostForm(request.POST or None, grids=_grids(request.user))

    def save(**asked):
        require(request.user, P.STAFF_EDIT, at=asked["grid"])
        services.post(file=file, by=request.user, **asked)
        _warn(request, file)

    return _act(
        request,
        file,
        form,
        save,
        title="安排上岗",
        done="岗位已登记。",
        note="协管员应在岗前培训合格后上岗（EQ-31）。目前只提示，不阻止安排岗位。",
    )


def staff_training(request, pk):
    """Note a training."""
    file = _visible(request, pk)
    place = require_place(request.user, P.STAFF_EDIT, file)
    form = TrainingForm(request.POST or None)
    save = partial(
        services.record_training, file=file, by=request.user, path=place.path
    )
    return _act(request, file, form, save, title="登记培训", done="培训已登记。")


def staff_certificate(request, pk):
    """Note a 劳动保障监察证."""
    file = _visible(request, pk)
    place = require_place(request.user, P.STAFF_EDIT, file)
    form = CertificateForm(request.POST or None)
    save = partial(
        services.record_certificate, file=file, by=request.user, path=place.path
    )
    return _act(
        request,
        file,
        form,
        save,
        title="登记劳动保障监察证",
        done="监察证已登记。",
        note="过期或未登记监察证的人员不能主办案件。",
    )


def _act(request, file, form, save, *, title, done, note=""):
    """Show a form for one act on a file, and do it when the form is right."""
    if form.is_valid():
        try:
            save(**form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, done)
            return redirect(file)
    return render_form(
        request,
        title=f"{title}：{file.person}",
        form=form,
        crumbs=[*CRUMBS, (file.person.name, file.get_absolute_url())],
        note=note,
    )


def post_end(request, pk):
    """End a person's post."""
    posts = Posting.objects.visible_to(request.user).filter(
        role__in=POSTED_STAFF, grid__isnull=False
    )
    posting = get_object_or_404(posts.select_related("person", "grid"), pk=pk)
    require(request.user, P.STAFF_EDIT, at=posting.place)
    file = get_object_or_404(StaffFile, person=posting.person_id)
    form = EndPostForm(request.POST or None)
    save = partial(services.end_posting, posting=posting, by=request.user)
    return _act(
        request,
        file,
        form,
        save,
        title=f"结束岗位（{posting.place} {posting.get_role_display()}）",
        done="岗位已结束。",
    )


def staff_reveal(request, pk):
    """Show the ID and telephone number in full, once, for a stated reason."""
    file = _visible(request, pk)
    place = require_place(request.user, P.PERSONAL_REVEAL, file)
    crumbs = [*CRUMBS, (file.person.name, file.get_absolute_url())]
    form = RevealForm(request.POST or None)
    if not form.is_valid():
        return render_form(
            request,
            title=f"查看完整号码：{file.person}",
            form=form,
            crumbs=crumbs,
            submit="查看",
        )
    numbers = services.reveal(
        file=file, by=request.user, path=place.path, **form.cleaned_data
    )
    response = render(
        request,
        "assistants/revealed.html",
        {
            "title": f"完整号码：{file.person}",
            "file": file,
            "facts": [(label, number or "—") for label, number in numbers.items()],
            "crumbs": [*crumbs, ("完整号码", "")],
        },
    )
    response["Cache-Control"] = "no-store"
    return response
