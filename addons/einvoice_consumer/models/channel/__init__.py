from . import channel, exchange, overview, remote_api
