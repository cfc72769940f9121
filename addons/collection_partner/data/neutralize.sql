-- A copied database must not talk to the real agency.
UPDATE collection_agency
   SET environment = 'disabled',
       base_url = NULL,
       client_id = NULL,
       client_secret = NULL,
       access_token = NULL,
       access_token_expiry = NULL,
       webhook_token = NULL,
       webhook_secret = NULL;
