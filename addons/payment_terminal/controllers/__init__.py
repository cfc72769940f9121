from . import arrival, endpoint
