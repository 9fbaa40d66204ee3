from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils import timezone

LONGEST = 128  # characters; more would only make the hash dear


def password_field(label: str, *, new: bool, help_text: str = "") -> forms.CharField:
    """Return a field for a password, which is never shown again nor trimmed."""
    complete = "new-password" if new else "current-password"
    return forms.CharField(
        label=label,
        strip=False,
        max_length=LONGEST,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": complete}),
    )


class SignInForm(AuthenticationForm):
    """Name and password. One answer to all failures: no name is given away."""

    error_messages = {
        "invalid_login": "用户名或密码不正确，请重新输入。连续错 5 次将锁定 15 分钟。"
    }
    password = password_field("密码", new=False)

    def confirm_login_allowed(self, user):
        """Keep out whoever comes too late with the right initial password."""
        super().confirm_login_allowed(user)
        if user.initial_until and user.initial_until <= timezone.now():
            raise forms.ValidationError(
                "初始密码已过期（24 小时内有效），请联系管理员重置密码。"
            )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "用户名"


class ChangePasswordForm(PasswordChangeForm):
    """The old password once, the new one twice."""

    old_password = password_field("现在的密码", new=False)
    new_password1 = password_field(
        "新密码",
        new=True,
        help_text="至少 12 位，不能全是数字，不能是常用密码，不能包含单位或系统的名称。"
        "可以用一句自己好记的话。",
    )
    new_password2 = password_field("再输一次新密码", new=True)

    def clean_new_password1(self):
        new = self.cleaned_data["new_password1"]
        if self.user.check_password(new):
            raise forms.ValidationError("新密码与现在的密码相同，请换一个。")
        return new
