"""The faults: a module for each account that they are made in, which are all imported here."""

from closed_loop.faults import (
    alarms,
    buckets,
    data,
    guards,
    identity,
    machines,
    trails,
    workloads,
)

__all__ = ["alarms", "buckets", "data", "guards", "identity", "machines", "trails", "workloads"]
