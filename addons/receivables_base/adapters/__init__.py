from .adapter import Adapter
from .line import Answer, Entry, Line, LineError
from .way import Way

# isort: split
from . import folder, https, sftp
