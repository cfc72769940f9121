"""Plays an operator of Finnish consumer e-invoices, in the manner of Maventa.

    python -m counterparties.operator --port 8096 --state FILE

What is called and with which words it answers is as Maventa's public pages show; paths
and members are those that docs/operator.md says are a guess. A message is known by the
identifier in its frame and is taken once. The real service was never called.

What the banks do and what goes wrong is ordered under ``/api/sandbox``.
"""
