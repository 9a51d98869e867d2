-- Returns the number of days of a retention rule. 0 and numbers above 36,500 mean "forever", for which it returns 2147483647. Without a
-- rule, it returns NULL.
CREATE FUNCTION audit_days(days text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN days IS NULL THEN NULL WHEN days::integer BETWEEN 1 AND 36500 THEN days::integer ELSE 2147483647 END
  $$;
