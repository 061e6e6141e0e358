"""A second process that makes AWS calls for a scan which keeps one core busy.

Most of a scan's computing is signing requests and parsing responses, and one account can be a single list of
a thousand buckets. So what is shared is calls and not units: checks, caches, limits, retries and counts stay
in the scanner, and a call that the second process cannot end is made at home. No call is made twice because
of the split.

`sharing` decides when the second process starts and which calls it makes, `connection` is the scanner's end
of it, `server` its own end, `messages` what they send each other, and `load` how busy the scanner is.
"""
