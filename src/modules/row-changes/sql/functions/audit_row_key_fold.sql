-- What stands for a key wherever changes are compared: a number or a UUID as it is, anything else as a salted digest, since it may name a
-- person. An event says the latter as details.keyDigest.
CREATE FUNCTION audit_row_key_fold(key text, salt bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN key ~ '^(-?[0-9]{1,15}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$' THEN key
                ELSE encode(sha256(salt || convert_to('key:' || key, 'UTF8')), 'hex') END COLLATE "C"
  $$;
