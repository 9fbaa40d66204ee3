from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError

LOCAL_WORDS = ("gridinspect", "jiancha", "监察", "laodong", "劳动", "wangge", "网格")


class LongEnough(MinimumLengthValidator):
    """Refuse short passwords in Chinese: Django 5.2 has lost its translation."""

    def get_error_message(self):
        return f"密码太短，至少要有 {self.min_length} 个字符。"

    def get_help_text(self):
        return f"密码至少要有 {self.min_length} 个字符。"


class NoLocalWords:
    """Refuse passwords made of the words that everybody in the office would try."""

    def validate(self, password, user=None):
        lowered = password.lower()
        for word in LOCAL_WORDS:
            if word in lowered:
                raise ValidationError(f"密码不能包含“{word}”这类容易猜到的词。")

    def get_help_text(self):
        return "密码不能包含单位、系统的名称。"
