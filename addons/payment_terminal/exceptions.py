class EndpointUnreachable(Exception):
    """The own endpoint could not be called; the text says how it failed."""
