"""A stand-in for a debt-collection agency, for demo and system tests.

    cd tests && python -m counterparties.agency --port 8092

It speaks the contract in docs/agency_api.md under /v1, has a portal for people under
/portal/ and controls for tests under /v1/sandbox/. It shares no code with the addons.
"""
