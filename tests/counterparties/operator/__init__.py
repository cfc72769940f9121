"""Plays an operator of consumer e-invoices: of Finnish ones in the manner of Maventa,
and of eFaktura in Norway.

    python -m counterparties.operator --port 8096 --state FILE

What is called and with which words it answers is as Maventa's public pages show; paths
and members are those that docs/operator.md and docs/efaktura.md say are a guess. In
Norway it has pages for those who approve and for consumers, where BankID would ask who
somebody is. A message is known by the
identifier in its frame and is taken once. The real service was never called.

What the banks do and what goes wrong is ordered under ``/api/sandbox``.
"""
