import logging

from odoo import models

_logger = logging.getLogger(__name__)


class ReceivablesState(models.AbstractModel):
    """A state that is only entered from those that it may follow."""

    _name = "receivables.state"
    _description = "Guarded state"

    #: state -> those that may follow it
    _TRANSITIONS = {}

    def _set_state(self, state, **vals):
        """Enter ``state`` where it may follow the present one.

        A repeated step is silent, an illegal one is logged and leaves the record as it
        is.

        :param vals: what is written with it
        :return: the records that entered it
        """
        entering = self.filtered(lambda r: state in self._TRANSITIONS.get(r.state, ()))
        for record in (self - entering).filtered(lambda r: r.state != state):
            _logger.info("%s: %s does not follow %s.", record, state, record.state)
        if entering:
            entering.write({"state": state, **vals})
        return entering
