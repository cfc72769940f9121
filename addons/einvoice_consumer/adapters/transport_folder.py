import logging
import os
import time
from pathlib import Path

from odoo import api, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)

SUB_FOLDERS = ("inbox", "outbox", "archive", "error")
# A program that writes in place needs a moment; one that renames needs none.
SETTLE_SECONDS = 2
MAX_BYTES = 50 * 1024 * 1024


class EinvoiceTransportFolder(models.AbstractModel):
    """Carries files through a folder that the bank's program shares with us.

    ``outbox`` is what we send, ``inbox`` what comes; taken files go to ``archive``,
    those with a message that could not be read to ``error``. Every file appears
    under its final name complete (written under a hidden name, flushed to the
    disk, renamed), and names that begin with a dot or end in .part or .tmp are
    left alone.
    """

    _name = "einvoice.transport.folder"
    _description = "E-invoice transport: shared folder"

    # === OUTGOING === #

    @api.model
    def _send(self, channel, name, content):
        """Put a file into the outbox, exactly once.

        A copy in the archive is linked before the file gets its final name. After
        a crash the two names tell how far it came: with the copy and without the
        hidden file it was handed over, and the bank may have taken it since.

        :return: a sentence when it could not be written (try again later), else
            nothing
        """
        try:
            folder = self._get_folder(channel)
            kept = folder / "archive" / name
            hidden = folder / "outbox" / f".{name}.part"
            if not kept.exists():
                self._write_durably(hidden, content)
                os.link(hidden, kept)
                self._flush_directory(kept.parent)
            if hidden.exists():
                hidden.replace(folder / "outbox" / name)
                self._flush_directory(hidden.parent)
        except OSError as error:
            _logger.info("Channel %s: %s", channel.id, error.strerror)
            return self.env._(
                "The shared folder cannot be written (%s). It is tried again.",
                error.strerror,
            )
        return None

    @api.model
    def _write_durably(self, path, data):
        with path.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())

    @api.model
    def _flush_directory(self, path):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    # === INCOMING === #

    @api.model
    def _list_incoming(self, channel):
        """Return the names of complete files in the inbox, oldest first."""
        try:
            inbox = self._get_folder(channel) / "inbox"
            now = time.time()
            found = []
            for path in inbox.iterdir():
                if path.name.startswith(".") or path.suffix in (".part", ".tmp"):
                    continue
                status = path.stat()
                if path.is_file() and not 0 <= now - status.st_mtime < SETTLE_SECONDS:
                    found.append((status.st_mtime_ns, path.name))
        except OSError as error:
            _logger.info("Channel %s: %s", channel.id, error.strerror)
            return []
        return [name for _time, name in sorted(found)]

    @api.model
    def _read_incoming(self, channel, name):
        """Return the bytes of a file in the inbox.

        :raise UserError: it is gone, cannot be read, or is too large
        """
        path = self._get_folder(channel) / "inbox" / name
        try:
            if path.stat().st_size > MAX_BYTES:
                raise UserError(
                    self.env._(
                        "%(file)s is larger than %(limit)s MB: ask for smaller files.",
                        file=name,
                        limit=MAX_BYTES // 1024 // 1024,
                    )
                )
            return path.read_bytes()
        except OSError as error:
            raise UserError(
                self.env._(
                    "%(file)s cannot be read: %(reason)s.",
                    file=name,
                    reason=error.strerror,
                )
            ) from error

    @api.model
    def _archive_incoming(self, channel, name, broken):
        """Move a file that was taken in out of the inbox, under a free name."""
        folder = self._get_folder(channel)
        source = folder / "inbox" / name
        target = folder / ("error" if broken else "archive") / name
        counter = 1
        while target.exists():
            target = target.with_name(f"{Path(name).stem}.{counter}{Path(name).suffix}")
            counter += 1
        try:
            source.rename(target)
        except OSError as error:
            # It stays; its messages are recognised when it is read again.
            _logger.info("Channel %s: %s", channel.id, error.strerror)

    @api.model
    def _get_folder(self, channel):
        """Return the channel's folder with its sub-folders in place."""
        folder = Path(channel.sudo().folder_path or "")
        if not folder.is_absolute():
            raise UserError(
                self.env._(
                    "The shared folder of %s must be a full path, from the root.",
                    channel.name,
                )
            )
        for name in SUB_FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        return folder
