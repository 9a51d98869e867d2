-- Returns the form of a key in comparisons. A number or a UUID stays unchanged; any other key becomes a salted digest, because it may name a person.
-- Events have the digest as details.keyDigest.
CREATE FUNCTION audit_row_key_fold(key text, salt bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN key ~ '^(-?[0-9]{1,15}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$' THEN key
                ELSE encode(sha256(salt || convert_to('key:' || key, 'UTF8')), 'hex') END COLLATE "C"
  $$;
