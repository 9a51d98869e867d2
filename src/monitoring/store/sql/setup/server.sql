-- Checks the server's version and the database's encoding first, because they would cause unclear errors later.
DO $$ BEGIN
  IF current_setting('server_version_num')::int < 150000 THEN
    RAISE EXCEPTION 'Cannot set the ledger up on PostgreSQL %: it needs 15 or later.', current_setting('server_version')
      USING ERRCODE = 'feature_not_supported', HINT = 'Upgrade the server.';
  END IF;
  IF current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'Cannot set the ledger up in a database of encoding %: it stores texts of all languages.', current_setting('server_encoding')
      USING ERRCODE = 'feature_not_supported',
            HINT = 'Make a database for the ledger: CREATE DATABASE audit ENCODING ''UTF8'' TEMPLATE template0.';
  END IF;
END $$;
