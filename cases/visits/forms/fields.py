"""Photographs, several at once."""

from django import forms
from django.core.exceptions import ValidationError

from gridinspect.documents.attachments import LARGEST, checked

MOST = 9  # photographs of one visit


class PhotosInput(forms.FileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Up to MOST photographs; what is wrong with one is said with its name."""

    widget = PhotosInput({"accept": "image/jpeg,image/png", "data-largest": LARGEST})

    def to_python(self, data):
        uploads = data if isinstance(data, list) else [data] if data else []
        if len(uploads) > MOST:
            raise ValidationError(f"一次最多 {MOST} 张照片，请分几次上传。")
        for upload in uploads:
            try:
                checked(upload, images_only=True)
            except ValidationError as error:
                words = error.messages[0]
                raise ValidationError(f"照片“{upload.name[:40]}”：{words}") from error
        return uploads

    def clean(self, data, initial=None):
        uploads = self.to_python(data)
        if self.required and not uploads:
            raise ValidationError("请选择照片。")
        return uploads
