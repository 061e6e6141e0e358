"""Executors: where the work of a job runs.

There are two extension points; a new executor implements one of them in one file of this package.

* **Units.** An executor gets `WorkUnit`s, which are plain JSON, and yields `UnitEvent`s, which are plain JSON
  too: see `cloud_audit_tui.scan.engine.Executor`. The engine identifies the profiles, plans, counts and ends
  the job; the executor only decides where each unit runs. `local` runs them in this process with a
  `cloud_audit_tui.scan.units.UnitRunner`. An executor for many machines (Dask, for instance) sends each unit
  as JSON to a worker, which opens its own `Sessions` (``reads``: those that the unit's checks declare) and a
  `UnitRunner`, and returns the events of
  ``runner.run(unit)`` as JSON lines, with its number of calls in a `UnitProgress`. Units share nothing but
  the memory of reads, so a unit that runs elsewhere gives the same events for a few more calls. A worker
  cannot prompt, so the units of profiles that need an MFA code run locally.

* **Jobs.** `subprocess` hands the whole job to ``cloud-audit-tui scan --job -`` in a child process and reads
  the events from its output.

Either way the result is a `cloud_audit_tui.scan.running_job.RunningJob`.
"""
