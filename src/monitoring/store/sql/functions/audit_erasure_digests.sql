-- Returns the digests of the identifiers of the pending erasures, as their acts state them. A reader may see neither identifiers nor salts.
CREATE FUNCTION audit_erasure_digests() RETURNS TABLE (erasure_id uuid, digest text) LANGUAGE sql STABLE AS $$
    SELECT e.id, 'sha256:' || encode(sha256(e.salt || convert_to(to_json(e.identifiers)::text, 'UTF8')), 'hex') FROM audit_erasure e
  $$;
