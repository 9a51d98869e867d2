-- Returns the range of ids in a partition, and the end of the partition's month.
CREATE FUNCTION audit_partition_bounds(partition text)
RETURNS TABLE (lower_id uuid, upper_id uuid, ends timestamptz) LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    first_day timestamp;
  BEGIN
    IF partition = 'audit_event_before_2020' THEN
      RETURN QUERY SELECT '00000000-0000-0000-0000-000000000000'::uuid,
                          audit_event_first_id('2020-01-01 00:00:00Z'::timestamptz), '2020-01-01 00:00:00Z'::timestamptz;
    ELSIF partition = 'audit_event_from_2100' THEN
      RETURN QUERY SELECT audit_event_first_id('2100-01-01 00:00:00Z'::timestamptz),
                          'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid, 'infinity'::timestamptz;
    ELSE
      first_day := to_date(right(partition, 7), 'YYYY_MM');
      RETURN QUERY SELECT audit_event_first_id(first_day AT TIME ZONE 'UTC'),
                          audit_event_first_id((first_day + interval '1 month') AT TIME ZONE 'UTC'),
                          (first_day + interval '1 month') AT TIME ZONE 'UTC';
    END IF;
  END $$;
