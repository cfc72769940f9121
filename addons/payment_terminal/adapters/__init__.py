from . import conformance, dialect
