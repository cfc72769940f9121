"""Plays Kravia, as far as the public pages of developer.kravia.ai show its API.

    python -m counterparties.kravia --port 8095 --state FILE

Requests are taken as the pages show them and in no other form: a member that does not
stand there is refused. The pages show no answer of a call; what is answered here stands
in docs/kravia.md, which says what is a guess. It knows no idempotency keys, does not
notice a case that is registered twice, tells a webhook once, and asks for the secret in
``Authorization``. The real service was never called.

What a person at Kravia does, and what goes wrong, is ordered under ``/api/sandbox``.
"""
