# Mixins come before the model that inherits from them.
from . import agency_api_cases, agency_api_errors, agency_api_transport

# isort: split
from . import agency_api
