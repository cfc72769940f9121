-- A copied database answers no network, and knows nobody's secrets.
UPDATE payment_terminal_network
   SET environment = 'disabled',
       token = replace(gen_random_uuid()::text, '-', ''),
       basic_login = NULL,
       basic_password = NULL,
       secret = NULL,
       certificate_fingerprint = NULL;
