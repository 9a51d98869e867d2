-- The outbox without its images: of each change the key and the digest. A TRUNCATE has neither.
CREATE FUNCTION audit_row_change_digests()
RETURNS TABLE ("position" bigint, nth bigint, transaction xid8, operation text, schema_name text, table_name text, partition text,
               key text, rekeyed_from text, digest text, is_gone boolean, baseline jsonb)
LANGUAGE sql STABLE AS $$
    SELECT line.position, line.nth, line.transaction, line.operation, line.source->>'schema', line.source->>'table',
           line.origin->>'partition', audit_row_key_fold(named.key, s.salt),
           CASE WHEN named.old_key <> named.key THEN audit_row_key_fold(named.old_key, s.salt) END, line.digest,
           jsonb_typeof(line.after) = 'null', line.origin->'baseline'
      FROM (SELECT c.*, l.nth, l.item->0 AS before, l.item->1 AS after, l.item->>2 AS digest
              FROM audit_row_change c LEFT JOIN LATERAL jsonb_array_elements(c.lines::jsonb) WITH ORDINALITY AS l (item, nth) ON true) AS line
      CROSS JOIN audit_row_salt s
      LEFT JOIN LATERAL (
        SELECT audit_row_key(jsonb_object_agg(part, coalesce(nullif(line.after, 'null'), line.before)->part)) AS key,
               audit_row_key(jsonb_object_agg(part, line.before->part) FILTER (WHERE jsonb_typeof(line.before) = 'object')) AS old_key
          FROM jsonb_array_elements_text(line.source->'key') AS part
      ) AS named ON line.nth IS NOT NULL
  $$;
