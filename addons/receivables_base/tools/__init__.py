from .access_log import HiddenAddress
from .entries import AS_IT_IS, PLAIN
from .faults import NO_RECORDS_FAULT, contained, log_fault
from .groups import READERS
from .remote import (
    Base64,
    Day,
    Flag,
    Ids,
    Rows,
    Text,
    Whole,
    Word,
    check_one,
    reason,
    remote_call,
    split_usable,
)
from .sentence import Sentence
