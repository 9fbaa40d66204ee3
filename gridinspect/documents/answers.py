"""Answers that are a paper or a workbook."""

from io import BytesIO

from django.http import HttpResponse

from gridinspect.documents.services import PDF, XLSX


def pdf_answer(content: bytes, name: str, *, to_keep: bool = False) -> HttpResponse:
    """Answer with a paper to look at, or one to keep."""
    how = "attachment" if to_keep else "inline"
    return _file(content, PDF, f'{how}; filename="{name}"')


def workbook_answer(stream: BytesIO, name: str) -> HttpResponse:
    """Answer with a workbook to keep."""
    return _file(stream.getvalue(), XLSX, f'attachment; filename="{name}"')


def _file(content: bytes, content_type: str, disposition: str) -> HttpResponse:
    headers = {"Content-Disposition": disposition}
    return HttpResponse(content, content_type=content_type, headers=headers)
