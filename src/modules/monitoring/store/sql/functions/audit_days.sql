-- The number of days of a retention rule. 0 and very large numbers mean forever. Returns 2147483647 for "forever", and NULL without a
-- rule.
CREATE FUNCTION audit_days(days text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN days IS NULL THEN NULL WHEN days::integer BETWEEN 1 AND 36500 THEN days::integer ELSE 2147483647 END
  $$;
