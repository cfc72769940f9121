from . import agency, dialect, rail, way
