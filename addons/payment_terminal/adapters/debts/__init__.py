from . import claims, csv, debt_format, sber
from .debt_format import DebtFormat
