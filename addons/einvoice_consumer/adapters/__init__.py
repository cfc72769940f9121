from . import finvoice, maventa
from .operator import Operator
from .rail import Rail
