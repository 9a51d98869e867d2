-- For audit_retire and audit_retire_month: returns the retirement if it is announced, and fails otherwise. Because of the lock, nobody can
-- place a hold until the transaction ends.
CREATE FUNCTION audit_retirement_open(retirement uuid) RETURNS audit_retirement LANGUAGE plpgsql AS $$
  DECLARE
    found_one audit_retirement;
  BEGIN
    LOCK TABLE audit_legal_hold IN SHARE MODE;
    SELECT * INTO found_one FROM audit_retirement WHERE id = retirement FOR UPDATE;
    IF found_one.state IS DISTINCT FROM 'announced' THEN
      RAISE EXCEPTION 'Cannot remove the events of the retirement %: it is %, and not announced in the log.',
        retirement, coalesce(found_one.state, 'unknown') USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN found_one;
  END $$;
