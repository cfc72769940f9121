from .adapter import Adapter
from .faults import LineError
from .line import Answer, Entry, Line
from .way import Way

# isort: split
from . import folder, https, sftp
