"""Executors, which run the work of a job.

There are two extension points; a new executor implements one of them in one file of this package.

* **Units.** An executor gets `WorkUnit`s, which are plain JSON, and yields `UnitEvent`s, which are plain JSON
  too: see `cloud_audit_tui.scan.engine.Executor`. The engine identifies the profiles, plans, counts and ends
  the job; the executor only decides where each unit runs. `local` runs them in this process with a
  `cloud_audit_tui.scan.units.UnitRunner`; one unit may be most of a scan, so it shares calls and not units
  with a second process (`cloud_audit_tui.aws.second_process`). `dask` sends each unit as JSON to a worker of
  a cluster, where `dask_worker` opens its own `Sessions`, runs the unit and returns its events as JSON, with
  its calls as `RemoteCalls`. Units share only cached reads, so a unit that runs elsewhere gives the same
  results with a few more calls. A worker cannot prompt, so the units of profiles that need an MFA code run
  locally. An executor that cannot run a unit yields a `UnitLost` in place of its events.

* **Jobs.** `subprocess` passes the whole job to ``cloud-audit-tui scanner``, a child process, and reads the
  events from its output.

Either way the result is a `cloud_audit_tui.scan.running_job.RunningJob`.
"""
