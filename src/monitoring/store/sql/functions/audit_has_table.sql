-- Whether the ledger's schema has a table that belongs to the ledger's owner. An optional extension has tables only after its migration.
-- Temporary tables and tables of other roles do not count, because the owner would run their triggers.
CREATE FUNCTION audit_has_table(wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM pg_class ledger JOIN pg_class c ON c.relnamespace = ledger.relnamespace AND c.relowner = ledger.relowner
                    WHERE ledger.oid = 'audit_event'::regclass AND c.relname = wanted)
  $$;
