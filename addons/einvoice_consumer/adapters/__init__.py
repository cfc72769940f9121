from . import avtalegiro, efaktura, efaktura_operator, finvoice, maventa
from .operator import Operator
from .rail import Rail
