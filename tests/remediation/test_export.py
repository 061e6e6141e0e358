"""A file of fixes: a script runs by its name, a Terraform file is only read."""

from __future__ import annotations

import stat
import subprocess
from typing import TYPE_CHECKING

from cloud_audit_tui.remediation.export import bundle_of, write_bundle
from remediation.findings_to_fix import ACCOUNT, root_access
from remediation.shell_run import Sandbox

if TYPE_CHECKING:
    from pathlib import Path


def test_a_script_runs_by_its_name_and_a_terraform_file_is_only_read(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "sandbox", {"sts get-caller-identity": f"{ACCOUNT}\n"})
    script = tmp_path / "fixes.sh"
    write_bundle(script, bundle_of([root_access()], {}, terraform=False), replace=False)
    assert stat.S_IMODE(script.stat().st_mode) == 0o700
    process = subprocess.run([script, "--yes"], env=sandbox.environment({}), check=False, capture_output=True)
    assert process.returncode == 0, process.stderr
    assert "update-notebook-instance" in [call[1] for call in sandbox.calls()]
    terraform = tmp_path / "fixes.TF"
    write_bundle(terraform, bundle_of([root_access()], {}, terraform=True), replace=False)
    assert stat.S_IMODE(terraform.stat().st_mode) == 0o600
    assert terraform.read_text().startswith("# 1 fix, ")
