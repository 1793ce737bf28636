"""Fault runs of the hot path: what it promises is measured while its processes, database, disk or channel fail.

`make faults` runs them all on both engines; the tests have a short form.
"""
