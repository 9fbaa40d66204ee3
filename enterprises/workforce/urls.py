from django.urls import path

from enterprises.workforce.views import filings, papers, registers, workers

app_name = "workforce"
urlpatterns = [
    path("workforce/", registers.register_list, name="list"),
    path("workforce/export/", registers.export, name="export"),
    path("enterprises/<int:pk>/workers/new/", workers.worker_add, name="worker-add"),
    path(
        "enterprises/<int:pk>/workers/export/",
        workers.workers_export,
        name="workers-export",
    ),
    path("workers/<int:pk>/", workers.worker_detail, name="worker"),
    path("workers/<int:pk>/change/", workers.worker_change, name="worker-change"),
    path("workers/<int:pk>/leave/", workers.worker_leave, name="worker-leave"),
    path("workers/<int:pk>/return/", workers.worker_return, name="worker-return"),
    path("workers/<int:pk>/remove/", workers.worker_remove, name="worker-remove"),
    path("workers/<int:pk>/reveal/", workers.worker_reveal, name="worker-reveal"),
    path("workers/<int:pk>/contract/", workers.contract_add, name="contract-add"),
    path("contracts/<int:pk>/remove/", workers.contract_remove, name="contract-remove"),
    path("enterprises/<int:pk>/filings/new/", filings.filing_add, name="filing-add"),
    path("enterprises/<int:pk>/filings/unit/", filings.filing_unit, name="filing-unit"),
    path("filings/<int:pk>/", filings.filing_detail, name="filing"),
    path("filings/<int:pk>/void/", filings.filing_void, name="filing-void"),
    path(
        "enterprises/<int:pk>/agreements/new/",
        papers.agreement_add,
        name="agreement-add",
    ),
    path("agreements/<int:pk>/", papers.agreement_detail, name="agreement"),
    path(
        "agreements/<int:pk>/change/", papers.agreement_change, name="agreement-change"
    ),
    path("agreements/<int:pk>/end/", papers.agreement_end, name="agreement-end"),
    path("enterprises/<int:pk>/payrolls/new/", papers.payroll_add, name="payroll-add"),
    path("payrolls/<int:pk>/change/", papers.payroll_change, name="payroll-change"),
]
