"""A second process that makes AWS calls for a scan that saturates one core.

Most of a scan's computing is signing requests and parsing responses, and one account can be a single list of
a thousand buckets. So calls are shared and not units: checks, caches, limits, retries and counts stay in the
scanner, which also makes a call that the second process cannot. Otherwise no call is made twice.

`sharing` decides when the second process starts and which calls it makes, `connection` is the scanner's end
of its socket and `server` the other, `messages` defines the protocol, and `load` measures the scanner's load.
"""
