from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from gridinspect.documents import services
from gridinspect.documents.forms import DocumentFilter, VerifyForm
from gridinspect.documents.models import ArchivedDocument, Attachment
from gridinspect.ui.pages import Action, render_detail, render_form, render_list, stated
from gridinspect.ui.tables import Column, build_table

COLUMNS = [
    Column("title", "标题", sort="title", link=True),
    Column("as_of", "数据截止日期", sort="as_of"),
    Column("format", "格式", value=lambda document: document.extension.upper()),
    Column("policies", "适用方案", value=lambda document: "、".join(document.policies)),
    Column("pages", "页数", numeric=True, hidden=True),
    Column("size", "大小", value=lambda d: filesizeformat(d.size), hidden=True),
    Column("code", "验证码"),
    Column("sha256", "SHA-256", hidden=True),
    Column("made_by", "生成人"),
    Column("made_at", "生成时间", sort="made_at"),
]


def document_list(request):
    """Show 文件档案: the papers made for the places and kinds of work I look after."""
    _require_reader(request.user)
    documents = ArchivedDocument.objects.visible_to(request.user)
    filters = DocumentFilter(
        request.GET, queryset=documents.select_related("made_by__person")
    )
    table = build_table(
        request,
        filters.qs,
        COLUMNS,
        name="documents",
        default_sort="-made_at",
        row_actions=lambda document: [_download_action(document)],
    )
    return render_list(
        request,
        title="文件档案",
        table=table,
        filters=filters,
        toolbar=[Action("文件核验", reverse("documents:verify"), icon="shield-check")],
        empty="还没有归档的文件。生成报告或文书后，会保存在这里。",
    )


def document_detail(request, pk):
    """Show how a paper came about: its question, its date, its policies, its hash."""
    document = _visible_document(request.user, pk)
    return render_detail(
        request,
        title=document.title,
        subtitle=f"数据截止 {document.as_of}",
        facts=[*_facts(document), *_params(document)],
        actions=[_download_action(document)],
        crumbs=[("文件档案", reverse("documents:list"))],
    )


@require_GET
def download(request, pk):
    """Hand out the file itself; the right to it is asked anew each time."""
    document = _visible_document(request.user, pk)
    return handed_out(request, document, back=document)


def handed_out(request, document, *, back):
    """Answer with an archived file; `back` is where a spoilt one is told.

    For pages of other apps: that the user may have it was asked there.
    """
    try:
        content = services.hand_out(document=document, by=request.user)
    except services.ContentChanged as fault:
        messages.error(request, f"{fault}请联系系统管理员。")
        return redirect(back)
    response = HttpResponse(content, content_type=document.content_type)
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=document.download_name
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@require_GET
def attachment(request, pk):
    """Show a photograph or a scanned paper in the browser."""
    shown = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    with shown.file.open("rb") as file:
        response = HttpResponse(file.read(), content_type=shown.content_type)
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=False, filename=shown.name) or "inline"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def verify(request):
    """Say what a verification code stands for, and whether a file is that paper.

    Whoever holds the paper knows the code and what the paper says, so any signed-in
    person may ask; the file itself is not handed out here.
    """
    asked = request.POST if request.method == "POST" else request.GET
    form = VerifyForm(asked or None, request.FILES or None)
    document, is_same, asked_code = None, None, ""
    if form.is_valid():
        asked_code, file = form.cleaned_data["code"], form.cleaned_data["file"]
        document = ArchivedDocument.objects.filter(code=asked_code).first()
        if document and file:
            is_same = services.matches(document, file)
    return render_form(
        request,
        title="文件核验",
        form=form,
        submit="核验",
        note="核对一份纸质或电子文件是否为本系统归档的文件。",
        template="documents/verify.html",
        context={
            "document": document,
            "facts": stated(_facts(document)) if document else [],
            "is_same": is_same,
            "asked_code": asked_code,
        },
    )


def _require_reader(user):
    if not any(user.holds(needed) for needed in ArchivedDocument.PERMISSIONS):
        raise PermissionDenied("您的岗位不能查看文件档案。")


def _visible_document(user, pk):
    documents = ArchivedDocument.objects.visible_to(user)
    return get_object_or_404(documents.select_related("made_by__person"), pk=pk)


def _download_action(document):
    url = reverse("documents:download", args=[document.pk])
    return Action("下载", url, icon="download")


def _facts(document):
    pages = f"{document.pages} 页" if document.pages else ""
    return [
        ("标题", document.title),
        ("数据截止日期", document.as_of),
        ("适用方案", "、".join(document.policies)),
        ("验证码", document.code),
        ("SHA-256", document.sha256),
        (
            "格式",
            f"{document.extension.upper()} {filesizeformat(document.size)} {pages}",
        ),
        ("生成时间", document.made_at),
    ]


_PARAMS = {
    "about": "所属编号",
    "place": "单位编码",
    "on": "数据日期",
    "form": "文件格式",
}


def _params(document):
    yield "生成人", document.made_by
    for name, value in document.params.items():
        yield _PARAMS.get(name, name), str(value)
