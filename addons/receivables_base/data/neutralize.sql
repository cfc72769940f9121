-- A copied database must not reach the real other party.
UPDATE receivables_connection
   SET environment = 'disabled',
       folder_path = NULL,
       folder_key = NULL,
       username = NULL,
       password = NULL,
       private_key = NULL,
       passphrase = NULL,
       token_extra = NULL,
       access_token = NULL,
       access_token_expiry = NULL,
       client_certificate = NULL;
