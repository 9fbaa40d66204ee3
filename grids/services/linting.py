"""The findings of the policy linter about what is loaded."""

from typing import Any

from grids.models import Policy
from grids.policy.lint import Finding, lint
from grids.services.policies import values_of


def findings_of(policy: Policy) -> list[Finding]:
    """Return what is to be known about a loaded plan, beside the law and other plans.

    The law is that of the nation and of the plan's province, each in its latest
    version; the neighbours are the latest versions of the other plans.
    """
    latest = Policy.objects.order_by("slug", "-version").distinct("slug")
    rows = list(latest.defer("document"))
    layers = [
        values_of(row)
        for layer in (Policy.Layer.NATIONAL, Policy.Layer.PROVINCE)
        for row in rows
        if row.layer == layer and row.province in ("", policy.province)
    ]
    plans = [
        values_of(row)
        for row in rows
        if row.layer == Policy.Layer.PLAN and row.slug != policy.slug
    ]
    return lint(values_of(policy), *layers, neighbours=plans)


def as_json(policy: Policy, findings: list[Finding]) -> dict[str, Any]:
    """Return the document of the command `lint_policy` (design.md 5)."""
    return {
        "policy": policy.slug,
        "version": policy.version,
        "findings": [
            {
                "code": one.code,
                "severity": one.severity,
                "clauses": list(one.clauses),
                "message": one.message,
                "law": one.law or None,
                "texts": [
                    {"source": text.source, "words": text.words} for text in one.texts
                ],
            }
            for one in findings
        ],
    }
