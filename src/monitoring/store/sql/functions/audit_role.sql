-- Returns the name of a role of this ledger. Roles belong to the whole server, so each ledger has its own: the migrations put a suffix after the
-- plain names, in all SQL of the ledger. This function keeps the suffix.
CREATE FUNCTION audit_role(wanted text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE wanted
    WHEN 'writer' THEN 'audit_writer' WHEN 'sequencer' THEN 'audit_sequencer'
    WHEN 'reader' THEN 'audit_reader' WHEN 'keeper' THEN 'audit_keeper' END
$$;
