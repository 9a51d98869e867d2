-- Creates the partition for the month (UTC) of a time, unless it exists. Returns the partition's name if it was created. All times before
-- 2020 share a partition, and so do all times from 2100 on. The leader, which may only add events, needs EXECUTE on this function, which
-- runs with the owner's rights. Before the first checkpoint, and more than three months ahead, only the owner may create more than 24 months in
-- sum. Each month slows down every reader, and only the owner could remove it.
CREATE FUNCTION audit_event_make_partition(moment timestamptz) RETURNS text LANGUAGE plpgsql AS $$
  DECLARE
    first_day timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
    partition text := 'audit_event_' || to_char(first_day, 'YYYY_MM');
    lower_bound text := format('%L', audit_event_first_id(first_day AT TIME ZONE 'UTC'));
    upper_bound text := format('%L', audit_event_first_id((first_day + interval '1 month') AT TIME ZONE 'UTC'));
    named text := E'_\\d{4}_\\d\\d$';
    earliest text := to_char(
      coalesce((SELECT signed_at FROM audit_checkpoint ORDER BY size LIMIT 1), now()) AT TIME ZONE 'UTC', '"audit_event_"YYYY_MM');
    latest text := to_char(now() AT TIME ZONE 'UTC' + interval '3 months', '"audit_event_"YYYY_MM');
  BEGIN
    IF first_day < '2020-01-01' THEN
      partition := 'audit_event_before_2020';
      lower_bound := 'MINVALUE';
      upper_bound := format('%L', audit_event_first_id('2020-01-01 00:00:00Z'::timestamptz));
    ELSIF first_day >= '2100-01-01' THEN
      partition := 'audit_event_from_2100';
      lower_bound := format('%L', audit_event_first_id('2100-01-01 00:00:00Z'::timestamptz));
      upper_bound := 'MAXVALUE';
    END IF;
    -- Looked for before the lock as well, as another transaction may be making another month. Not by to_regclass, whose answer would still
    -- stand behind the lock.
    IF EXISTS (SELECT FROM pg_class home JOIN pg_class month ON month.relnamespace = home.relnamespace AND month.relname = partition
                WHERE home.oid = 'audit_event'::regclass) THEN
      RETURN NULL;
    END IF;
    LOCK TABLE audit_tile IN SHARE ROW EXCLUSIVE MODE; -- which no login that adds events may take
    IF to_regclass(quote_ident(partition)) IS NOT NULL THEN
      RETURN NULL;
    END IF;
    IF partition ~ named AND partition NOT BETWEEN earliest AND latest AND NOT pg_has_role(session_user, current_user, 'MEMBER')
       AND (SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = 'audit_event'::regclass AND c.relname ~ named AND c.relname NOT BETWEEN earliest AND latest) >= 24 THEN
      RAISE EXCEPTION USING ERRCODE = '22M01', MESSAGE = format(
        'cannot make the month %s: 24 that begin before the first checkpoint or in more than three months exist', to_char(first_day, 'YYYY-MM')),
        HINT = 'As the owner of the ledger, call audit_event_make_partition with a time in it.';
    END IF;
    -- Attached, since CREATE TABLE … PARTITION OF would hold every writer and reader up.
    EXECUTE format('CREATE TABLE %I (LIKE audit_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED)', partition);
    EXECUTE format(
      'ALTER TABLE audit_event ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', partition, lower_bound, upper_bound);
    EXECUTE format(
      'CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON %I
         FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse_change()', partition);
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', partition);
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON %I FROM CURRENT_USER', partition);
    RETURN partition;
  END $$;
