from . import finvoice
from .rail import Rail
