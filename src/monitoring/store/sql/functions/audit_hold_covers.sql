-- A legal hold covers an event that matches all conditions of the hold. A released or expired hold covers no event. The body is a single
-- expression, so that the planner inlines it into the calling query.
CREATE FUNCTION audit_hold_covers(hold audit_legal_hold, event audit_event) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT hold.released_at IS NULL AND (hold.until IS NULL OR hold.until > now())
       AND (hold.tenant_id IS NULL OR hold.tenant_id = event.tenant_id)
       AND (hold.actor_id IS NULL OR hold.actor_id = event.actor_id OR hold.actor_id = event.on_behalf_of->>'id')
       AND ((hold.resource_type IS NULL OR hold.resource_type = event.resource_type)
            AND (hold.resource_id IS NULL OR hold.resource_id = event.resource_id)
            OR event.related IS NOT NULL AND audit_names_related(event, hold.resource_type, hold.resource_id))
       AND (hold.occurred_from IS NULL OR hold.occurred_from <= event.occurred_at)
       AND (hold.occurred_to IS NULL OR hold.occurred_to > event.occurred_at)
  $$;
