-- Whether any legal hold covers an event.
CREATE FUNCTION audit_is_held(event audit_event) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event))
  $$;
