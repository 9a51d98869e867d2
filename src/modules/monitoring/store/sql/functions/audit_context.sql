-- The verified context of the current statement; NULL where nobody gave one.
CREATE FUNCTION audit_context() RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT NULL::jsonb $$;
