"""What holds for every test: in CI a part that is missing is a failure, not a skip."""

import os

import pytest

# Property tests keep no database of examples: runs side by side would write the same files.
from hypothesis import settings

settings.register_profile("surefoot", database=None, deadline=None)
settings.load_profile("surefoot")

IS_CI = os.environ.get("CI") == "true"


def _fail_if_skipped(report):
    if IS_CI and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI lets nothing be skipped: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return _fail_if_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return _fail_if_skipped((yield))
