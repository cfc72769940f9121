from .adapter import Adapter
