from .teller import Teller
