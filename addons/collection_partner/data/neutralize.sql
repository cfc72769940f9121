-- A copied database must not be heard by the real agency; its connections are
-- neutralised by receivables_base.
UPDATE collection_agency
   SET environment = 'disabled',
       webhook_token = NULL,
       webhook_secret = NULL;
