-- Cancels a planned retirement, if it is not archived yet.
CREATE FUNCTION audit_retirement_cancel(retirement uuid) RETURNS boolean LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM audit_retirement WHERE id = retirement AND state = 'planned' RETURNING id)
    SELECT EXISTS (SELECT FROM gone)
  $$;
