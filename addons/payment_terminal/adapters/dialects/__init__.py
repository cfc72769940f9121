from . import dialect, kaspi, osmp, payme, privatbank_debt, sber_eps, signed_json
from .dialect import Dialect
