-- Returns the columns of a table in whose images different values can be equal: an image has neither the white space, the order and the repeated names of
-- the type "json", nor what a type's cast to "json" leaves out, nor which of two objects with one name a "reg…" type means.
CREATE FUNCTION audit_row_inexact(relation oid) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(DISTINCT part.name ORDER BY part.name), '{}') FROM audit_row_types(relation) part JOIN pg_type t ON t.oid = part.type
     WHERE t.oid = 'json'::regtype OR t.typnamespace = 'pg_catalog'::regnamespace AND t.typname LIKE 'reg%'
        OR EXISTS (SELECT FROM pg_cast c WHERE c.castsource = t.oid AND c.casttarget = 'json'::regtype AND c.oid >= 16384)
  $$;
