"""Plans that are being written: begun from a version or a file, edited, published."""

import hashlib
import json
from typing import Any

from django.db import transaction
from django.db.models import Max

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import record
from grids.models import Policy, PolicyDraft
from grids.policy import PolicyValues, parse_policy
from grids.services.policies import create_version, values_of
from grids.services.tree import Refused

HEAD = "head"  # the section of what stands before the tables


@transaction.atomic
def begin_draft(*, base: Policy, slug: str, title: str, by: User) -> PolicyDraft:
    """Clone a loaded plan into a draft of the next version under this slug.

    Raises Refused for a layer of law, PolicyError for a slug that can't be one.
    """
    document = values_of(base).to_json()
    document |= {"id": slug, "title": title, "version": next_version(slug)}
    return _begin(parse_policy(document), base=base, by=by)


@transaction.atomic
def draft_of_file(*, document: bytes, by: User) -> PolicyDraft:
    """Make a draft of a TOML file, to be looked at before it is published.

    Raises PolicyError when the file can't be meant, Refused for a layer of law or a
    version that is loaded.
    """
    values = parse_policy(document)
    _refuse_loaded(values.id, values.version)
    return _begin(values, base=None, by=by)


@transaction.atomic
def change_draft(
    *,
    draft: PolicyDraft,
    edition: int,
    section: str,
    rows: Any,
    by: User,
) -> PolicyDraft:
    """Put rows in the place of one section; the whole must still be a policy.

    Raises PolicyError when it isn't one, and Refused when somebody else changed the
    draft after this `edition`; then nothing is changed.
    """
    draft = _held(draft, edition)
    document = dict(draft.document)
    if section == HEAD:
        before: Any = {key: document.get(key) for key in rows}
        document = {**document, **dict(rows)}
        document = {key: value for key, value in document.items() if value != ""}
        after: Any = {key: document.get(key) for key in rows}
    else:
        old, new = document.get(section, []), [dict(row) for row in rows]
        before = [row for row in old if row not in new]
        after = [row for row in new if row not in old]
        document[section] = new
    values = parse_policy(document)
    _refuse_law(values)
    draft.document = values.to_json()
    draft.slug, draft.version, draft.title = values.id, values.version, values.title
    draft.edition += 1
    draft.edited_by = by
    draft.save()
    record(
        "policy.draft_changed",
        by=by,
        target=draft,
        section=section,
        before=before,
        after=after,
    )
    return draft


@transaction.atomic
def publish_draft(*, draft: PolicyDraft, edition: int, by: User) -> Policy:
    """Make the draft a version that is never changed again, and end the draft.

    Raises Refused when its version is loaded already or its edition is an older one.
    """
    draft = _held(draft, edition)
    values = parse_policy(draft.document)
    _refuse_law(values)
    _refuse_loaded(values.id, values.version)
    text = json.dumps(values.to_json(), sort_keys=True, ensure_ascii=False)
    policy = create_version(values, hashlib.sha256(text.encode()).hexdigest())
    record(
        "policy.published",
        by=by,
        target=policy,
        path=draft.path,
        slug=policy.slug,
        base=str(draft.base) if draft.base else None,
        sha256=policy.sha256,
    )
    draft.delete()
    return policy


@transaction.atomic
def discard_draft(*, draft: PolicyDraft, by: User) -> None:
    """Throw a draft away; the trail keeps what it said."""
    draft = _held(draft, None)
    record("policy.draft_discarded", by=by, target=draft, document=draft.document)
    draft.delete()


def next_version(slug: str) -> int:
    """Return the number of the next version under a slug."""
    last = Policy.objects.filter(slug=slug).aggregate(last=Max("version"))["last"]
    return (last or 0) + 1


def draft_values(draft: PolicyDraft) -> PolicyValues:
    """Return what a draft says as typed values."""
    return parse_policy(draft.document)


def _begin(values: PolicyValues, *, base: Policy | None, by: User) -> PolicyDraft:
    _refuse_law(values)
    paths = by.scope_paths(Permission.POLICY_ADOPT)
    if not paths:
        raise Refused("您的岗位不能编写方案，请由区县劳动监察机构办理。")
    draft = PolicyDraft.objects.create(
        base=base,
        slug=values.id,
        version=values.version,
        title=values.title,
        document=values.to_json(),
        path=paths[0],
        edited_by=by,
    )
    record("policy.draft_begun", by=by, target=draft, base=str(base) if base else None)
    return draft


def _held(draft: PolicyDraft, edition: int | None) -> PolicyDraft:
    rows = PolicyDraft.objects.select_for_update(of=["self"])
    held = rows.select_related("edited_by", "base").filter(pk=draft.pk).first()
    if held is None:
        raise Refused("这份草稿已经发布或放弃，请回到草稿列表查看。")
    if edition is not None and held.edition != edition:
        raise Refused(
            f"您打开以后，{held.edited_by}修改过这份草稿；"
            "您填写的内容还在下面，请另开一页核对后，重新打开本页再填写。"
        )
    return held


def _refuse_law(values: PolicyValues) -> None:
    if values.layer != Policy.Layer.PLAN:
        raise Refused(
            "国家和省的期限层对所有区县有效，不能在这里编写，请由系统管理员载入。"
        )


def _refuse_loaded(slug: str, version: int) -> None:
    if Policy.objects.filter(slug=slug, version=version).exists():
        raise Refused(
            f"政策 {slug} 第 {version} 版已经载入，已载入的版本不能修改，"
            f"请把版本号改为 {next_version(slug)}。"
        )
