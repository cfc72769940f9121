-- A copied database must not exchange messages with the real bank.
UPDATE einvoice_channel
   SET environment = 'disabled';
