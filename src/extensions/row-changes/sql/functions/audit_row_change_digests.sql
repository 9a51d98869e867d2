-- Reads the outbox without images: the key and the digest of each change. If a line has no digest, the function computes it from the image's text. A TRUNCATE has neither a key nor a digest. An entry that no trigger wrote
-- has only its position, and is not readable. The function runs with the owner's rights, so it shows rows only to readers of all events.
CREATE FUNCTION audit_row_change_digests()
RETURNS TABLE ("position" bigint, nth bigint, transaction xid8, operation text, schema_name text, table_name text, partition text,
               key text, rekeyed_from text, digest text, is_gone boolean, baseline jsonb, is_readable boolean)
LANGUAGE sql STABLE AS $$
    SELECT named.position, named.nth, named.transaction, named.operation, named.source->>'schema', named.source->>'table',
           named.origin->>'partition', audit_row_key_fold(named.key, s.salt),
           CASE WHEN named.old_key <> named.key THEN audit_row_key_fold(named.old_key, s.salt) END,
           coalesce(named.digest, encode(sha256(s.salt || convert_to(coalesce(nullif(named.texts[2], 'null'), named.texts[1]), 'UTF8')), 'hex')),
           named.is_gone, named.origin->'baseline', named.is_readable
      FROM (SELECT line.position, line.nth, line.transaction, line.operation, line.source, line.origin, line.digest, line.texts, line.is_readable,
                   jsonb_typeof(line.after) = 'null' AS is_gone,
                   CASE jsonb_array_length(line.source->'key') WHEN 0 THEN NULL
                     WHEN 1 THEN coalesce(nullif(line.after, 'null'), line.before) ->> (line.source->'key'->>0)
                     ELSE (SELECT audit_row_key(jsonb_object_agg(part, coalesce(nullif(line.after, 'null'), line.before)->part))
                             FROM jsonb_array_elements_text(line.source->'key') AS part) END AS key,
                   CASE WHEN jsonb_typeof(line.before) = 'object' THEN CASE jsonb_array_length(line.source->'key') WHEN 0 THEN NULL
                     WHEN 1 THEN line.before ->> (line.source->'key'->>0)
                     ELSE (SELECT audit_row_key(jsonb_object_agg(part, line.before->part))
                             FROM jsonb_array_elements_text(line.source->'key') AS part) END END AS old_key
              FROM (SELECT c.position, c.transaction, CASE WHEN c.is_readable THEN c.operation END AS operation, c.is_readable,
                           CASE WHEN c.is_readable THEN c.source END AS source, CASE WHEN c.is_readable THEN c.origin END AS origin,
                           l.nth, l.item->0 AS before, l.item->1 AS after, l.item->>2 AS digest,
                           string_to_array(substr(left(l.line, -1), 2), E'\n,') AS texts
                      FROM (SELECT w.*, (jsonb_typeof(w.lines) = 'array' AND jsonb_typeof(w.origin) = 'object' AND jsonb_typeof(w.source) = 'object'
                                   AND jsonb_typeof(w.source->'schema') = 'string' AND jsonb_typeof(w.source->'table') = 'string'
                                   AND jsonb_typeof(w.source->'key') = 'array'
                                   AND NOT jsonb_path_exists(w.source, '$.key[*] ? (@.type() != "string")')
                                   AND NOT jsonb_path_exists(w.lines, 'strict $[*] ? (@.type() != "array")')) IS TRUE AS is_readable
                              FROM (SELECT o.position, o.transaction, o.operation, audit_row_json(o.source::text) AS source,
                                           audit_row_json(o.origin::text) AS origin, audit_row_json(o.lines) AS lines, o.lines AS text
                                      FROM audit_row_change o OFFSET 0) AS w
                            OFFSET 0) AS c
                      LEFT JOIN LATERAL ROWS FROM (jsonb_array_elements(CASE WHEN c.is_readable THEN c.lines END),
                                                   string_to_table(substr(left(c.text, -1), 2), E',\n'))
                        WITH ORDINALITY AS l (item, line, nth) ON l.item IS NOT NULL OFFSET 0) AS line
            OFFSET 0) AS named
      CROSS JOIN audit_row_salt s
     WHERE current_setting('audit.reads', true) = 'all'
  $$;
