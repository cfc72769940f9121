"""What the server's log is told of an exception that nobody expected."""

import traceback
from contextlib import contextmanager

from psycopg2 import InterfaceError, OperationalError

#: what is no fault of the record that is worked on: another transaction was in the
#: way, or the database is gone; the whole of it is done again
NO_RECORDS_FAULT = (OperationalError, InterfaceError)


@contextmanager
def contained(logger, cr, message, *args, tell):
    """Do one of many things: one with which something is wrong is undone, logged and
    told to a person, and the others go on.

    What another transaction or the database causes is raised: all of it is tried again.

    :param str message: as :func:`log_fault` takes it
    :param tell: what is called with the fault, such as ``_tell_fault`` of a record
    """
    try:
        with cr.savepoint():
            yield
    except NO_RECORDS_FAULT:
        raise
    except Exception as fault:
        log_fault(logger, fault, message, *args)
        tell(fault)


def log_fault(logger, fault, message, *args):
    """Log an unexpected exception: what it is and where it came from.

    What it says is left out. It may hold what a customer or another party wrote, and
    the log is read by others than the record is.

    :param str message: which work failed, with places for ``args``
    """
    logger.error(f"{message}\n%s", *args, describe_fault(fault))


def describe_fault(fault):
    """Return the class of an exception and its way through the code, and those of the
    exceptions behind it."""
    told = []
    while fault:
        way = traceback.extract_tb(fault.__traceback__)
        places = (f"  {part.filename}:{part.lineno} in {part.name}\n" for part in way)
        told.append(f"{type(fault).__name__}\n{''.join(places)}")
        hidden = fault.__suppress_context__
        fault = fault.__cause__ or (None if hidden else fault.__context__)
    return "while it dealt with ".join(told)
