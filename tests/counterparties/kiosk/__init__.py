"""A stand-in for kiosk networks and their kiosks, for demo and system tests.

It speaks the protocols of terminal networks as the network's side does, and shares no
code with the addons. `python -m counterparties.kiosk` starts it.
"""
