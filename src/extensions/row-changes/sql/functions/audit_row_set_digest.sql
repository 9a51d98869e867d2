-- Computes one digest of all rows of a baseline. The function works in 256 parts, because PostgreSQL limits the size of a value.
CREATE FUNCTION audit_row_set_digest(OUT rows bigint, OUT digest text, of_baseline uuid) LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(part.rows), 0)::bigint,
           encode(sha256(coalesce(string_agg(part.digest, ''::bytea ORDER BY part.first), ''::bytea)), 'hex')
      FROM (SELECT count(*) AS rows, get_byte(d.digest, 0) AS first,
                   sha256(string_agg(d.digest || convert_to(d.key, 'UTF8'), ''::bytea ORDER BY d.digest, d.key)) AS digest
              FROM audit_row_baseline_digest d WHERE d.baseline = of_baseline GROUP BY get_byte(d.digest, 0)) AS part
  $$;
