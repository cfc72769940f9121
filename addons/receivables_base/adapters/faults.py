"""All that can go wrong on a line, with what a person then does about it."""

from odoo.tools import LazyTranslate

from ..exceptions import ExchangeError

_lt = LazyTranslate(__name__)

MAX_SHOWN = 300

# Nothing can pass before it is over, and the connection pauses.
OF_THE_LINE = {
    "disabled": _lt("The connection %(name)s is disabled: nothing is sent or fetched."),
    "manual": _lt("This connection is worked by hand: nothing is sent or fetched."),
    "not_configured": _lt(
        "The address cannot be used: %(address)s. It should look like "
        "https://api.example.com/v1."
    ),
    "insecure_url": _lt(
        "The address must begin with https://, because what is sent is nobody "
        "else's business: %(address)s."
    ),
    "private_address": _lt(
        "The address %(address)s lies in a private network: in production such "
        "addresses are called only when “May lie in a private network” is set."
    ),
    "no_such_name": _lt(
        "The name %(host)s is not known: correct the address, or wait until the "
        "name server answers."
    ),
    "unreachable": _lt(
        "%(host)s does not take calls at port %(port)s (%(reason)s). It is tried "
        "again; if it lasts, check address, port and firewall."
    ),
    "timeout": _lt(
        "The other party did not answer in time. The same is tried again; what was "
        "done already is not done twice."
    ),
    "network": _lt(
        "The connection was cut off before all was said (%(reason)s). It is tried "
        "again."
    ),
    "tls": _lt(
        "No secure connection could be made: the other party's certificate is not "
        "valid, or not from an authority that is trusted (%(reason)s). It is tried "
        "again; if it lasts, tell them."
    ),
    "bad_certificate": _lt(
        "The certificate of the connection cannot be read: enter it as PEM, a "
        "client certificate with its private key and without passphrase."
    ),
    "login_refused": _lt(
        "The other party does not let us in (%(reason)s): correct user name, "
        "password, secret or key."
    ),
    "no_token": _lt("The other party gave no token (%(status)s). It is tried again."),
    "redirected": _lt(
        "The other party answers from another place (%(place)s), and nothing is "
        "sent there. Ask for the right address and enter it."
    ),
    "wrong_content_type": _lt(
        "The answer is of another kind (%(kind)s) than agreed: perhaps a page of a "
        "proxy, or of maintenance. It is tried again."
    ),
    "server_error": _lt("The server answers with a fault (%(status)s)."),
    "unknown_host_key": _lt(
        "The server shows the key %(shown)s, which nobody accepted yet: compare it "
        "with what the other party says, and press Accept this key."
    ),
    "host_key_changed": _lt(
        "The server does not show the key that was accepted but %(shown)s instead "
        "of %(known)s. Somebody may stand between. Nothing is sent or fetched. Ask "
        "the other party; if they changed it, press Test the connection and Accept "
        "this key."
    ),
    "bad_key": _lt(
        "The private key cannot be read: enter it whole, in the form of OpenSSH or "
        "PEM, with the right passphrase."
    ),
    "directory_missing": _lt(
        "A directory is not there on the server: correct the directories."
    ),
    "server_refused": _lt(
        "The server does not do what is asked (%(reason)s): it may be full, or lack"
        " the rights. It is tried again."
    ),
    "too_many": _lt(
        "So many files lie on the server that they cannot be listed. Ask the other "
        "party to clear the directory."
    ),
    "no_full_path": _lt("The shared folder must be a full path, from the root."),
    "folder_missing": _lt(
        "The shared folder %(folder)s cannot be opened (%(reason)s): nothing is "
        "sent or fetched. Mount the share, or correct the path."
    ),
    "folder_unmarked": _lt(
        "The folder %(folder)s does not carry the mark of this connection: nothing "
        "is sent or fetched. Mount the share; if the folder is new, press Prepare "
        "the folder."
    ),
    "folder_of_another": _lt(
        "The folder %(folder)s carries the mark of another connection or database. "
        "If nothing else uses it, remove the file %(marker)s in it and press "
        "Prepare the folder."
    ),
    "folder_full": _lt("The shared folder is full (%(reason)s). It is tried again."),
    "folder_readonly": _lt(
        "The shared folder cannot be written (%(reason)s). It is tried again."
    ),
}
# One file or call fails; the line itself works.
OF_ONE_THING = {
    "bad_name": _lt("The file name “%(file)s” cannot be used: nothing was sent."),
    "name_taken": _lt(
        "Another file called “%(file)s” was sent or received before: nothing was sent."
    ),
    "too_large": _lt(
        "“%(file)s” is larger than %(limit)s MB and is left alone: ask for smaller "
        "files."
    ),
    "not_a_file": _lt(
        "“%(file)s” is a link or a device and not a file: it was not read. Ask who "
        "put it there."
    ),
    "gone": _lt("“%(file)s” is not there any more."),
    "changing": _lt("“%(file)s” changed while it was read. It is read again."),
    "unreadable": _lt(
        "“%(file)s” cannot be read (%(reason)s): ask for the right to read it."
    ),
    "stuck": _lt(
        "“%(file)s” was read and cannot be moved away (%(reason)s): ask for the "
        "right to do so."
    ),
    "answer_too_large": _lt(
        "The answer is larger than %(limit)s kB and was not read. Ask the other party."
    ),
    "answer_broken": _lt("The answer cannot be unpacked. It is asked for again."),
}
# What does not pass by itself: a person does something first.
FINAL = {
    "disabled",
    "manual",
    "not_configured",
    "insecure_url",
    "private_address",
    "bad_certificate",
    "login_refused",
    "unknown_host_key",
    "host_key_changed",
    "bad_key",
    "no_full_path",
    "folder_of_another",
    "bad_name",
    "name_taken",
    "too_large",
    "not_a_file",
    "answer_too_large",
}


class LineError(ExchangeError):
    """Why a call on a line failed.

    With ``is_line`` nothing can pass before it is over, and the connection pauses;
    without, it is about one file or call.

    :param str code: of the tables above
    :param args: what its sentence tells, shown as :func:`show` does
    """

    def __init__(self, code, **args):
        is_line = code in OF_THE_LINE
        sentence = OF_THE_LINE[code] if is_line else OF_ONE_THING[code]
        shown = {name: show(str(value))[:MAX_SHOWN] for name, value in args.items()}
        told = type(sentence)(sentence._source, _module=sentence._module, **shown)
        kind = "final" if code in FINAL else "retry"
        super().__init__(kind, code, told, is_line=is_line)


def show(name):
    """Return a text from outside as one that cannot forge a line of a log."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in name
    )
