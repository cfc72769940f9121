from .access_log import HiddenAddress
from .groups import READERS
from .sentence import Sentence
