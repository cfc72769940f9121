from . import channel, exchange, remote_api
