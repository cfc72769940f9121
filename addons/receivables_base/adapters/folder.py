import contextlib
import errno
import os
import secrets
import stat
import time
from pathlib import Path

from odoo.tools import LazyTranslate

from .faults import LineError
from .line import (
    MAX_LISTED,
    Line,
    check_entry_name,
    check_name,
    check_size,
    free_names,
    get_reason,
    timed,
)
from .way import Way

_lt = LazyTranslate(__name__)

SUB_FOLDERS = ("inbox", "outbox", "archive", "error")
MARKER = ".receivables"
# A program that writes in place needs a moment; one that renames needs none.
SETTLE_SECONDS = 2
UNFINISHED = (".part", ".tmp")
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Folder(Way):
    """A folder that another program of this server or network shares with us."""

    name = "folder"
    label = _lt("Shared folder")
    carries_files = True

    def get_missing(self, connection):
        if not connection.folder_path:
            return [_lt("The shared folder is missing.")]
        if not Path(connection.folder_path).is_absolute():
            return [_lt("The shared folder must be a full path, from the root.")]
        return []

    def open(self, connection):
        return FolderLine(connection.folder_path, connection.folder_key)


class FolderLine(Line):
    """Carries files through a folder that another program shares with us.

    ``outbox`` is what we send, ``inbox`` what comes; taken files go to ``archive``,
    broken ones to ``error``. Every file appears under its final name complete, and
    names that begin with a dot or end in .part or .tmp are left alone. The folder
    carries a mark that ``prepare`` put there: a share that is not mounted has none and
    is never written to. Nothing is reached through a link inside the folder.
    """

    def __init__(self, path, key, **limits):
        """:param str key: what the mark of this connection's folder says"""
        super().__init__(**limits)
        self.path = path or ""
        self.key = key or ""

    # === CALLS === #

    @timed
    def send(self, name, content):
        """Put a file into the outbox, exactly once.

        A copy in the archive is linked before the file gets its final name. After a
        crash the two names tell how far it came: with the copy and without its hidden
        twin the file was handed over, and the other side may have taken it since.
        """
        check_name(name, spare=len("..part"))
        check_size(name, len(content), self.max_bytes)
        hidden = f".{name}.part"
        with self._open("outbox", "archive") as (outbox, archive), self._writing():
            if not self._is_kept(archive, name, content):
                self._write(outbox, hidden, content)
                # In a race the first copy counts.
                with contextlib.suppress(FileExistsError):
                    os.link(hidden, name, src_dir_fd=outbox, dst_dir_fd=archive)
                os.fsync(archive)
            ours, kept = _look(outbox, hidden), _look(archive, name)
            if ours and kept and os.path.samestat(ours, kept):
                os.replace(hidden, name, src_dir_fd=outbox, dst_dir_fd=outbox)
                os.fsync(outbox)
            elif ours:
                os.unlink(hidden, dir_fd=outbox)

    @timed
    def list(self, limit=MAX_LISTED):
        found = []
        now = time.time()
        with self._open("inbox") as (inbox,), os.scandir(inbox) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.endswith(UNFINISHED):
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    continue  # taken away meanwhile
                settling = 0 <= now - status.st_mtime < SETTLE_SECONDS
                if not stat.S_ISDIR(status.st_mode) and not settling:
                    found.append((status.st_mtime_ns, entry.name, status))
        found.sort(key=lambda item: item[:2])
        return [
            self._make_entry(name, status.st_mode, status.st_size)
            for _at, name, status in found[:limit]
        ]

    @timed
    def read(self, name):  # pylint: disable=method-required-super
        with self._open("inbox") as (inbox,):
            try:
                descriptor = os.open(check_entry_name(name), READ, dir_fd=inbox)
            except OSError as error:
                raise self._explain(name, error) from error
            with open(descriptor, "rb") as stream:  # noqa: PTH123
                status = os.fstat(descriptor)
                self._check_file(name, status.st_mode, status.st_size)
                try:
                    content = stream.read(self.max_bytes + 1)
                except OSError as error:
                    raise self._explain(name, error) from error
                check_size(name, len(content), self.max_bytes)
                return content

    @timed
    def put_away(self, name, broken=False):
        with self._open("inbox", "error" if broken else "archive") as (inbox, away):
            try:
                free = self._reserve(away, check_entry_name(name))
                try:
                    os.rename(name, free, src_dir_fd=inbox, dst_dir_fd=away)
                except OSError:
                    os.unlink(free, dir_fd=away)
                    raise
            except OSError as error:
                raise LineError("stuck", file=name, reason=get_reason(error)) from error

    @timed
    def prepare(self):
        """Put sub-folders and the mark into a folder that is there.

        :raise LineError: ``folder_missing``, ``folder_of_another``, ``folder_readonly``
        """
        with self._open_root() as root, self._writing():
            for name in SUB_FOLDERS:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, dir_fd=root)
            with contextlib.suppress(FileExistsError):
                self._write(root, MARKER, self.key.encode())
        with self._open(*SUB_FOLDERS):
            self._step(_lt("The folder has its mark and its sub-folders."))

    @timed
    def try_out(self):
        with self._open(*SUB_FOLDERS) as (_inbox, outbox, archive, _error):
            self._step(_lt("The folder is there, with its mark and its sub-folders."))
            waiting = len(self.list.__wrapped__(self))
            self._step(_lt("The inbox can be read; %s files wait in it.", waiting))
            name = f".{secrets.token_hex(8)}.tmp"
            with self._writing():
                self._write(outbox, name, b"test")
                try:
                    os.link(name, name, src_dir_fd=outbox, dst_dir_fd=archive)
                    os.unlink(name, dir_fd=archive)
                finally:
                    os.unlink(name, dir_fd=outbox)
            self._step(_lt("A test file was written, linked and removed again."))

    # === FILES === #

    @contextlib.contextmanager
    def _open_root(self):
        if not Path(self.path).is_absolute():
            raise LineError("no_full_path")
        try:
            root = os.open(self.path, DIRECTORY)
        except (OSError, ValueError) as error:
            raise self._missing(error) from error
        try:
            yield root
        finally:
            os.close(root)

    @contextlib.contextmanager
    def _open(self, *names):
        """Open sub-folders of a folder that carries our mark."""
        with self._open_root() as root, contextlib.ExitStack() as stack:
            self._check_marker(root)
            descriptors = []
            for name in names:
                try:
                    descriptor = os.open(name, DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
                except OSError as error:
                    raise self._missing(error, f"{self.path}/{name}") from error
                stack.callback(os.close, descriptor)
                descriptors.append(descriptor)
            yield descriptors

    def _missing(self, error, path=None):
        return LineError(
            "folder_missing", folder=path or self.path, reason=get_reason(error)
        )

    def _check_marker(self, root):
        try:
            descriptor = os.open(MARKER, READ, dir_fd=root)
            with open(descriptor, "rb") as stream:  # noqa: PTH123
                mark = stream.read(200)
        except OSError as error:
            raise LineError("folder_unmarked", folder=self.path) from error
        if not self.key or mark != self.key.encode():
            raise LineError("folder_of_another", folder=self.path, marker=MARKER)

    @contextlib.contextmanager
    def _writing(self):
        try:
            yield
        except OSError as error:
            is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            code = "folder_full" if is_full else "folder_readonly"
            raise LineError(code, reason=get_reason(error)) from error

    def _is_kept(self, archive, name, content):
        """Whether the archive has our copy already.

        :raise LineError: ``name_taken``: it holds something else under that name
        """
        status = _look(archive, name)
        if not status:
            return False
        if stat.S_ISREG(status.st_mode) and status.st_size == len(content):
            with open(os.open(name, READ, dir_fd=archive), "rb") as kept:  # noqa: PTH123
                if kept.read() == content:
                    return True
        raise LineError("name_taken", file=name)

    def _write(self, folder, name, content):
        """Write a file that is on the disk before it is called written."""
        with contextlib.suppress(FileNotFoundError):
            if name != MARKER:
                os.unlink(name, dir_fd=folder)  # left by a crash
        try:
            descriptor = os.open(name, WRITE, 0o660, dir_fd=folder)
            with open(descriptor, "wb") as stream:  # noqa: PTH123
                stream.write(content)
                stream.flush()
                os.fsync(descriptor)
        except FileExistsError:
            raise
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=folder)
            raise

    def _reserve(self, folder, name):
        """Make an empty file under the first free form of a name, and return that."""
        for free in free_names(name):
            with contextlib.suppress(FileExistsError):
                os.close(os.open(free, WRITE, 0o660, dir_fd=folder))
                return free

    def _explain(self, name, error):
        """Return the LineError for a file that does not open."""
        if error.errno in (errno.ELOOP, errno.ENXIO):
            return LineError("not_a_file", file=name)
        if error.errno == errno.ENOENT:
            return LineError("gone", file=name)
        return LineError("unreadable", file=name, reason=get_reason(error))


def _look(folder, name):
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
