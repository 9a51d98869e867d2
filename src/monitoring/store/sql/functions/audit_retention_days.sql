-- Returns the retention of an event in days: the longest of all rules that apply. greatest() ignores NULL, which stands for a rule that
-- does not apply. Events about legal holds are retained forever, because they prove the table of holds; those about consumers, because they
-- show that a consumer's row was removed. An event may state its own number in metadata.retentionDays. This number is rounded up, and
-- ignored unless it is above 0.
CREATE FUNCTION audit_retention_days(event audit_event, rules jsonb) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT greatest(
      audit_days(rules->>'days'),
      {{retentionRules}},
      CASE WHEN event.type IN ('audit_hold_placed', 'audit_hold_released', 'audit_consumer_changed') THEN 2147483647 END,
      CASE WHEN json_typeof(event.metadata->'retentionDays') = 'number'
           THEN audit_days(nullif(ceil(least(greatest((event.metadata->>'retentionDays')::numeric, 0), 99999)), 0)::text) END)
  $$;
