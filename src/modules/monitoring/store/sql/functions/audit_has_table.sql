-- Whether the ledger's owner has a table beside the ledger: those of the optional rooms are there where their migration ran. Neither a temporary table
-- nor one that another role made there counts: the owner would run the triggers of its author.
CREATE FUNCTION audit_has_table(wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM pg_class ledger JOIN pg_class c ON c.relnamespace = ledger.relnamespace AND c.relowner = ledger.relowner
                    WHERE ledger.oid = 'audit_event'::regclass AND c.relname = wanted)
  $$;
