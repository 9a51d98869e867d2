-- Returns the smallest UUIDv7 of a millisecond (RFC 9562).
CREATE FUNCTION audit_event_first_id(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
  $$;
