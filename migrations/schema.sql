-- The schema that the migrations make. Written by `npm run generate`; do not edit.
-- OWNER stands for the role that migrates. Without the suffixes of the roles, without the partitions, which depend on the date, and without TypeORM's own
-- table `migrations`.

CREATE OR REPLACE FUNCTION public.audit_accept(version smallint, seed bytea, mac bytea, body text, lock_wait_ms integer, writer_key text)
 RETURNS text
 LANGUAGE plpgsql
 SET lock_timeout TO '4s'
 SET search_path TO 'public', 'pg_temp'
AS $function$
  BEGIN
    PERFORM set_config('lock_timeout', greatest(lock_wait_ms, 1)::text, true), set_config('audit.accepted_at', statement_timestamp()::text, true);
    SET CONSTRAINTS audit_inbox_in_block DEFERRED; -- the caller may have made all constraints immediate
    -- Otherwise, a crash of the server could lose events whose commit was acknowledged. For the rest of the transaction.
    IF current_setting('synchronous_commit') = 'off' THEN
      PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    INSERT INTO audit_inbox (version, seed, mac, body)
      SELECT audit_accept.version, audit_accept.seed, audit_accept.mac, audit_accept.body FROM audit_head
       WHERE writer_key IS NULL OR writer_keys = '{}' OR writer_key = ANY (writer_keys);
    IF NOT FOUND THEN
      RAISE EXCEPTION 'audit_accept does not know the key of the writer' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_accept(smallint,bytea,bytea,text,integer,text) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_accept(smallint,bytea,bytea,text,integer,text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION public.audit_accept(smallint,bytea,bytea,text,integer,text) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_context()
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  DECLARE
    setting bytea := convert_to(current_setting('audit.context', true), 'UTF8');
    signed bytea;
    context jsonb;
    signed_at timestamptz;
  BEGIN
    IF setting IS NULL OR substr(setting, 1, 3) <> 'v1.' OR substr(setting, 68, 1) <> '.' THEN RETURN NULL; END IF;
    signed := substr(setting, 69);
    IF NOT EXISTS (
      SELECT FROM audit_context_key
       WHERE convert_to(encode(sha256(outer_pad || sha256(inner_pad || signed)), 'hex'), 'UTF8') = substr(setting, 4, 64)
         AND ended_at IS NULL AND (logins IS NULL OR session_user = ANY (logins))
    ) THEN RETURN NULL; END IF;
    context := convert_from(signed, 'UTF8');
    signed_at := to_timestamp((context->>'signedAt')::float8 / 1000);
    IF (signed_at BETWEEN transaction_timestamp() - interval '5 minutes' AND clock_timestamp() + interval '5 minutes') IS NOT TRUE THEN
      RETURN NULL;
    END IF;
    RETURN context;
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_context() TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_context() TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_context_key_states()
 RETURNS TABLE(id text, fingerprint text, logins text[], added_at text, ended_at text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    SELECT k.id, encode(sha256(k.inner_pad || k.outer_pad), 'hex'), k.logins,
           to_char(k.added_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           to_char(k.ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
      FROM audit_context_key k ORDER BY k.added_at, k.id COLLATE "C"
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_context_key_states() TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_context_key_states() TO audit_sequencer;

CREATE OR REPLACE FUNCTION public.audit_context_problem()
 RETURNS text
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  DECLARE
    setting bytea := convert_to(current_setting('audit.context', true), 'UTF8');
  BEGIN
    IF coalesce(setting, '') = '' OR audit_context() IS NOT NULL THEN RETURN NULL; END IF;
    RETURN CASE WHEN substr(setting, 1, 3) = 'v1.' AND EXISTS (
      SELECT FROM audit_context_key
       WHERE convert_to(encode(sha256(outer_pad || sha256(inner_pad || substr(setting, 69))), 'hex'), 'UTF8') = substr(setting, 4, 64)
         AND ended_at IS NULL AND (logins IS NULL OR session_user = ANY (logins))
    ) THEN 'expired' ELSE 'forged' END;
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_context_problem() TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_context_problem() TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_context_signed(settings text[], logins text[])
 RETURNS TABLE(nth bigint, ended_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    SELECT given.nth, nullif(max(coalesce(k.ended_at, 'infinity')), 'infinity')
      FROM (SELECT setting.nth, setting.login, convert_to(setting.text, 'UTF8') AS bytes
              FROM unnest(settings, logins) WITH ORDINALITY AS setting (text, login, nth) OFFSET 0) AS given
      JOIN audit_context_key k
        ON convert_to(encode(sha256(k.outer_pad || sha256(k.inner_pad || substr(given.bytes, 69))), 'hex'), 'UTF8') = substr(given.bytes, 4, 64)
       AND (k.logins IS NULL OR given.login = ANY (k.logins))
     WHERE substr(given.bytes, 1, 3) = 'v1.' AND substr(given.bytes, 68, 1) = '.'
     GROUP BY given.nth
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_context_signed(text[],text[]) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_context_signed(text[],text[]) TO audit_sequencer;

CREATE OR REPLACE FUNCTION public.audit_days(days text)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT CASE WHEN days IS NULL THEN NULL WHEN days::integer BETWEEN 1 AND 36500 THEN days::integer ELSE 2147483647 END
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_days(text) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_days(text) TO PUBLIC;

CREATE OR REPLACE FUNCTION public.audit_erase(event_ids uuid[])
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  BEGIN
    LOCK TABLE audit_legal_hold IN SHARE MODE;
    PERFORM set_config('audit.act', 'erase', true);
    RETURN QUERY
      UPDATE audit_event SET personal = NULL, personal_salt = NULL,
          actor_name = NULL,
          ip = NULL,
          user_agent = NULL,
          resource_name = NULL,
          actor_id = CASE WHEN coalesce(personal_columns, 0) & 1 = 0 THEN actor_id END,
          session_id = CASE WHEN coalesce(personal_columns, 0) & 2 = 0 THEN session_id END,
          on_behalf_of = CASE WHEN coalesce(personal_columns, 0) & 4 = 0 THEN on_behalf_of END,
          resource_id = CASE WHEN coalesce(personal_columns, 0) & 8 = 0 THEN resource_id END,
          request_id = CASE WHEN coalesce(personal_columns, 0) & 16 = 0 THEN request_id END,
          trace_id = CASE WHEN coalesce(personal_columns, 0) & 32 = 0 THEN trace_id END,
          reason = CASE WHEN coalesce(personal_columns, 0) & 64 = 0 THEN reason END,
          credential_id = CASE WHEN coalesce(personal_columns, 0) & 128 = 0 THEN credential_id END,
          credential_kind = CASE WHEN coalesce(personal_columns, 0) & 256 = 0 THEN credential_kind END,
          credential_scopes = CASE WHEN coalesce(personal_columns, 0) & 512 = 0 THEN credential_scopes END
       WHERE id = ANY (event_ids) AND personal_salt IS NOT NULL
         AND NOT EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, audit_event))
      RETURNING id;
    PERFORM set_config('audit.act', '', true);
    IF audit_has_table('audit_row_image'::text) THEN
      DELETE FROM audit_row_image image
       WHERE image.event_id = ANY (event_ids)
         AND NOT EXISTS (SELECT FROM audit_event event, audit_legal_hold hold
                          WHERE event.id = image.event_id AND audit_hold_covers(hold, event));
    END IF;
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_erase(uuid[]) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_erase(uuid[]) TO audit_keeper;

CREATE OR REPLACE FUNCTION public.audit_erasure_digests()
 RETURNS TABLE(erasure_id uuid, digest text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    SELECT e.id, 'sha256:' || encode(sha256(e.salt || convert_to(to_json(e.identifiers)::text, 'UTF8')), 'hex') FROM audit_erasure e
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_erasure_digests() TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_erasure_digests() TO audit_reader;

CREATE OR REPLACE FUNCTION public.audit_event_first_id(moment timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE STRICT
AS $function$
    SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_event_first_id(timestamp with time zone) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_event_first_id(timestamp with time zone) TO PUBLIC;

CREATE OR REPLACE FUNCTION public.audit_event_make_partition(moment timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_event_make_partition(timestamp with time zone) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_event_make_partition(timestamp with time zone) TO audit_sequencer;

CREATE OR REPLACE FUNCTION public.audit_event_refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('audit.act', true) = 'erase' THEN
      OLD.personal := NULL;
      OLD.personal_salt := NULL;
      OLD.actor_name := NULL;
      OLD.ip := NULL;
      OLD.user_agent := NULL;
      OLD.resource_name := NULL;
      OLD.actor_id := CASE WHEN coalesce(OLD.personal_columns, 0) & 1 = 0 THEN OLD.actor_id END;
      OLD.session_id := CASE WHEN coalesce(OLD.personal_columns, 0) & 2 = 0 THEN OLD.session_id END;
      OLD.on_behalf_of := CASE WHEN coalesce(OLD.personal_columns, 0) & 4 = 0 THEN OLD.on_behalf_of END;
      OLD.resource_id := CASE WHEN coalesce(OLD.personal_columns, 0) & 8 = 0 THEN OLD.resource_id END;
      OLD.request_id := CASE WHEN coalesce(OLD.personal_columns, 0) & 16 = 0 THEN OLD.request_id END;
      OLD.trace_id := CASE WHEN coalesce(OLD.personal_columns, 0) & 32 = 0 THEN OLD.trace_id END;
      OLD.reason := CASE WHEN coalesce(OLD.personal_columns, 0) & 64 = 0 THEN OLD.reason END;
      OLD.credential_id := CASE WHEN coalesce(OLD.personal_columns, 0) & 128 = 0 THEN OLD.credential_id END;
      OLD.credential_kind := CASE WHEN coalesce(OLD.personal_columns, 0) & 256 = 0 THEN OLD.credential_kind END;
      OLD.credential_scopes := CASE WHEN coalesce(OLD.personal_columns, 0) & 512 = 0 THEN OLD.credential_scopes END;
      OLD.on_behalf_of_id := NULL; -- of the new row, it is generated after this
      IF OLD *= NEW THEN -- the same bytes; json has no equality
        RETURN NEW;
      END IF;
    ELSIF TG_OP = 'DELETE' AND current_setting('audit.act', true) = 'retire' THEN
      RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Cannot % the audit ledger: it is append-only.', lower(TG_OP)
      USING ERRCODE = 'insufficient_privilege', HINT = 'Record another event instead.';
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_event_refuse_change() TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_event_refuse_change() TO PUBLIC;

CREATE OR REPLACE FUNCTION public.audit_events_about(subject text, after uuid, until uuid, most integer)
 RETURNS TABLE(id uuid, relation text, is_personal boolean, is_held boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    SELECT DISTINCT ON (found.id) found.id, found.relation, found.is_personal, found.is_held FROM (
      (SELECT e.id, 1 AS nth, 'actor' AS relation, e.personal_salt IS NOT NULL AS is_personal,
              EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, e)) AS is_held
         FROM audit_event e WHERE e.actor_id = subject AND e.id > after AND e.id < until ORDER BY e.id LIMIT most)
      UNION ALL
      (SELECT e.id, 2, 'onBehalfOf', e.personal_salt IS NOT NULL,
              EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, e))
         FROM audit_event e
        WHERE e.on_behalf_of_id = subject AND e.id > after AND e.id < until
        ORDER BY e.id LIMIT most)
      UNION ALL
      (SELECT e.id, 3, 'resource', e.personal_salt IS NOT NULL,
              EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, e))
         FROM audit_event e
        WHERE e.resource_type = 'user' AND e.resource_id = subject AND e.type <> 'audit_subject_erased'
          AND e.id > after AND e.id < until
        ORDER BY e.id LIMIT most)
      UNION ALL
      (SELECT e.id, 4, 'related', e.personal_salt IS NOT NULL,
              EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, e))
         FROM audit_event e
        WHERE (e.related IS NOT NULL AND EXISTS (SELECT FROM json_array_elements(CASE WHEN json_typeof(e.related) = 'array' THEN e.related END) WITH ORDINALITY AS item (value, nth) WHERE item.value->>'type' = 'user' AND coalesce(item.value->>'id', (e.personal)->>('/related/' || item.nth - 1 || '/id')) = subject)) AND e.id > after AND e.id < until
        ORDER BY e.id LIMIT most)
    ) found
    ORDER BY found.id, found.nth LIMIT most
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_events_about(text,uuid,uuid,integer) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_events_about(text,uuid,uuid,integer) TO audit_keeper;

CREATE OR REPLACE FUNCTION public.audit_events_naming(needles text[], after uuid, until uuid, most integer)
 RETURNS TABLE(id uuid, type text, actor_id text, on_behalf_of text, resource_type text, resource_id text, related json, personal jsonb, facts jsonb, is_held boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    WITH page AS MATERIALIZED (
      SELECT e.id, e.type, e.actor_id, e.on_behalf_of->>'id' AS on_behalf_of, e.resource_type, e.resource_id, e.related,
             CASE WHEN e.personal_salt IS NOT NULL
                  THEN jsonb_build_array(personal, actor_name,
                    host(ip),
                    user_agent,
                    resource_name,
                    CASE WHEN personal_columns & 1 <> 0 THEN actor_id END,
                    CASE WHEN personal_columns & 2 <> 0 THEN session_id END,
                    CASE WHEN personal_columns & 4 <> 0 THEN on_behalf_of END,
                    CASE WHEN personal_columns & 8 <> 0 THEN resource_id END,
                    CASE WHEN personal_columns & 16 <> 0 THEN request_id END,
                    CASE WHEN personal_columns & 32 <> 0 THEN trace_id END,
                    CASE WHEN personal_columns & 64 <> 0 THEN reason END,
                    CASE WHEN personal_columns & 128 <> 0 THEN credential_id END,
                    CASE WHEN personal_columns & 256 <> 0 THEN credential_kind END,
                    CASE WHEN personal_columns & 512 <> 0 THEN credential_scopes END,
                    CASE WHEN e.category = 'data_change' THEN audit_images_about(e.id) END)
                  END AS personal,
             jsonb_build_array(error,
               details,
               changes,
               metadata,
               related,
               CASE WHEN coalesce(personal_columns, 0) & 1 = 0 THEN actor_id END,
               CASE WHEN coalesce(personal_columns, 0) & 2 = 0 THEN session_id END,
               CASE WHEN coalesce(personal_columns, 0) & 4 = 0 THEN on_behalf_of END,
               CASE WHEN coalesce(personal_columns, 0) & 8 = 0 THEN resource_id END,
               CASE WHEN coalesce(personal_columns, 0) & 16 = 0 THEN request_id END,
               CASE WHEN coalesce(personal_columns, 0) & 32 = 0 THEN trace_id END,
               CASE WHEN coalesce(personal_columns, 0) & 64 = 0 THEN reason END,
               CASE WHEN coalesce(personal_columns, 0) & 128 = 0 THEN credential_id END,
               CASE WHEN coalesce(personal_columns, 0) & 256 = 0 THEN credential_kind END,
               CASE WHEN coalesce(personal_columns, 0) & 512 = 0 THEN credential_scopes END) AS facts,
             EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, e)) AS is_held
        FROM audit_event e WHERE e.id > after AND e.id < until ORDER BY e.id LIMIT most
    ), read AS (
      SELECT page.*, texts, octet_length(texts) AS size FROM page, concat(page.personal::text, page.facts::text) texts
    ), sized AS (
      SELECT read.*, sum(read.size) OVER (ORDER BY read.id) AS bytes, row_number() OVER (ORDER BY read.id) AS nth FROM read
    ), marked AS (
      SELECT sized.*, row_number() OVER (ORDER BY sized.id DESC) = 1 AS is_last FROM sized WHERE sized.bytes <= 4194304 OR sized.nth = 1
    )
    SELECT marked.id, marked.type, marked.actor_id, marked.on_behalf_of, marked.resource_type, marked.resource_id, marked.related,
           marked.personal, marked.facts, marked.is_held
      FROM marked
     WHERE is_last OR size > char_length(texts) OR EXISTS (SELECT FROM unnest(needles) needle WHERE strpos(lower(texts COLLATE "C"), needle) > 0)
     ORDER BY marked.id
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_events_naming(text[],uuid,uuid,integer) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_events_naming(text[],uuid,uuid,integer) TO audit_keeper;

CREATE OR REPLACE FUNCTION public.audit_exports_with(acts bigint[], most integer)
 RETURNS TABLE(export_id text, exported_at timestamp with time zone, is_certain boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    WITH places AS MATERIALIZED (
      SELECT leaf.index FROM audit_erased erased JOIN audit_leaf leaf ON leaf.event_id = erased.event_id
       WHERE erased.act = ANY (acts)
    ), told AS (
      SELECT e.id, e.resource_id, e.occurred_at, e.outcome,
             CASE WHEN json_typeof(e.details->'firstIndex') = 'number' THEN (e.details->>'firstIndex')::numeric END AS first,
             CASE WHEN json_typeof(e.details->'lastIndex') = 'number' THEN (e.details->>'lastIndex')::numeric END AS last,
             CASE WHEN json_typeof(e.details->'shown') = 'number' THEN (e.details->>'shown')::numeric END AS shown
        FROM audit_event e WHERE e.resource_type = 'audit_export' AND e.resource_id IS NOT NULL
    ), exports AS (
      SELECT * FROM told WHERE outcome IN ('success', 'partial') AND last IS NOT NULL
      UNION ALL
      SELECT begun.id, begun.resource_id, begun.occurred_at, begun.outcome, 0, leaf.index, NULL
        FROM told begun JOIN audit_leaf leaf ON leaf.event_id = begun.id
       WHERE begun.outcome = 'attempted' AND NOT EXISTS (
         SELECT FROM told ended WHERE ended.resource_id = begun.resource_id AND ended.outcome <> 'attempted')
    )
    SELECT exports.resource_id, exports.occurred_at, coalesce(shown = last - first + 1, false)
      FROM exports WHERE EXISTS (SELECT FROM places WHERE index BETWEEN first AND last)
     ORDER BY exports.id DESC LIMIT most
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_exports_with(bigint[],integer) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_exports_with(bigint[],integer) TO audit_keeper;

CREATE OR REPLACE FUNCTION public.audit_fact_names(event_ids uuid[])
 RETURNS TABLE(name text, events bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    SELECT found.name, count(*) FROM audit_event e CROSS JOIN LATERAL (
      SELECT unnest(ARRAY[CASE WHEN id IS NOT NULL THEN '/id' END,
        CASE WHEN schema_version IS NOT NULL THEN '/schemaVersion' END,
        CASE WHEN occurred_at IS NOT NULL THEN '/occurredAt' END,
        CASE WHEN type IS NOT NULL THEN '/type' END,
        CASE WHEN action IS NOT NULL THEN '/action' END,
        CASE WHEN outcome IS NOT NULL THEN '/outcome' END,
        CASE WHEN category IS NOT NULL THEN '/category' END,
        CASE WHEN severity IS NOT NULL THEN '/severity' END,
        CASE WHEN actor_type IS NOT NULL THEN '/actor/type' END,
        CASE WHEN CASE WHEN coalesce(personal_columns, 0) & 1 = 0 THEN actor_id END IS NOT NULL THEN '/actor/id' END,
        CASE WHEN CASE WHEN coalesce(personal_columns, 0) & 2 = 0 THEN session_id END IS NOT NULL THEN '/actor/sessionId' END,
        CASE WHEN CASE WHEN coalesce(personal_columns, 0) & 4 = 0 THEN on_behalf_of END IS NOT NULL THEN '/actor/onBehalfOf' END,
        CASE WHEN tenant_id IS NOT NULL THEN '/tenantId' END,
        CASE WHEN resource_type IS NOT NULL THEN '/resource/type' END,
        CASE WHEN CASE WHEN coalesce(personal_columns, 0) & 8 = 0 THEN resource_id END IS NOT NULL THEN '/resource/id' END,
        CASE WHEN CASE WHEN coalesce(personal_columns, 0) & 16 = 0 THEN request_id END IS NOT NULL THEN '/request/id' END,
        CASE WHEN method IS NOT NULL THEN '/request/method' END,
        CASE WHEN route IS NOT NULL THEN '/request/route' END,
        CASE WHEN status_code IS NOT NULL THEN '/request/statusCode' END,
        CASE WHEN duration_ms IS NOT NULL THEN '/request/durationMs' END,
        CASE WHEN CASE WHEN coalesce(personal_columns, 0) & 32 = 0 THEN trace_id END IS NOT NULL THEN '/request/traceId' END,
        CASE WHEN CASE WHEN coalesce(personal_columns, 0) & 64 = 0 THEN reason END IS NOT NULL THEN '/reason' END,
        CASE WHEN details_issues IS NOT NULL THEN '/detailsIssues' END,
        CASE WHEN truncated THEN '/truncated' END,
        CASE WHEN CASE WHEN coalesce(personal_columns, 0) & 128 = 0 THEN credential_id END IS NOT NULL THEN '/request/credentialId' END,
        CASE WHEN CASE WHEN coalesce(personal_columns, 0) & 256 = 0 THEN credential_kind END IS NOT NULL THEN '/request/credentialKind' END,
        CASE WHEN CASE WHEN coalesce(personal_columns, 0) & 512 = 0 THEN credential_scopes END IS NOT NULL THEN '/request/credentialScopes' END,
        CASE WHEN related IS NOT NULL THEN '/related' END,
        CASE WHEN personal_commitment IS NOT NULL THEN '/personal' END]) AS name
      UNION ALL
      SELECT pointer || '/' || replace(replace(key, '~', '~0'), '/', '~1')
        FROM (VALUES ('/error', error), ('/details', details), ('/changes', changes), ('/metadata', metadata)) AS member (pointer, object),
             json_object_keys(CASE WHEN json_typeof(object) = 'object' THEN object ELSE '{}' END) AS key
      UNION ALL SELECT pointer FROM (VALUES ('/error', error), ('/details', details), ('/changes', changes), ('/metadata', metadata)) AS member (pointer, object) WHERE json_typeof(object) <> 'object'
    ) found
    WHERE e.id = ANY (event_ids) AND found.name IS NOT NULL GROUP BY found.name
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_fact_names(uuid[]) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_fact_names(uuid[]) TO audit_keeper;

CREATE OR REPLACE FUNCTION public.audit_has_table(wanted text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT EXISTS (SELECT FROM pg_class ledger JOIN pg_class c ON c.relnamespace = ledger.relnamespace AND c.relowner = ledger.relowner
                    WHERE ledger.oid = 'audit_event'::regclass AND c.relname = wanted)
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_has_table(text) TO OWNER;

CREATE OR REPLACE FUNCTION public.audit_hold_covers(hold public.audit_legal_hold, event public.audit_event)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT hold.released_at IS NULL AND (hold.until IS NULL OR hold.until > now())
       AND (hold.tenant_id IS NULL OR hold.tenant_id = event.tenant_id)
       AND (hold.actor_id IS NULL OR hold.actor_id = event.actor_id OR hold.actor_id = event.on_behalf_of->>'id')
       AND ((hold.resource_type IS NULL OR hold.resource_type = event.resource_type)
            AND (hold.resource_id IS NULL OR hold.resource_id = event.resource_id)
            OR event.related IS NOT NULL AND audit_names_related(event, hold.resource_type, hold.resource_id))
       AND (hold.occurred_from IS NULL OR hold.occurred_from <= event.occurred_at)
       AND (hold.occurred_to IS NULL OR hold.occurred_to > event.occurred_at)
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_hold_covers(public.audit_legal_hold,public.audit_event) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_hold_covers(public.audit_legal_hold,public.audit_event) TO PUBLIC;

CREATE OR REPLACE FUNCTION public.audit_images_about(event uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
  BEGIN
    IF NOT audit_has_table('audit_row_image'::text) THEN RETURN NULL; END IF;
    RETURN (SELECT jsonb_build_array(i.before, i.after) FROM audit_row_image i WHERE i.event_id = event);
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_images_about(uuid) TO OWNER;

CREATE OR REPLACE FUNCTION public.audit_inbox_refuse_autocommit()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  BEGIN
    IF statement_timestamp()::text = current_setting('audit.accepted_at') THEN
      RAISE EXCEPTION 'audit_accept was called outside of a transaction block' USING ERRCODE = 'no_active_sql_transaction';
    END IF;
    RETURN NULL;
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_inbox_refuse_autocommit() TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_inbox_refuse_autocommit() TO PUBLIC;

CREATE OR REPLACE FUNCTION public.audit_is_due(event public.audit_event, rules jsonb, as_of timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT CASE WHEN audit_retention_days(event, rules) <= 36500
                THEN event.id < audit_event_first_id(as_of - make_interval(secs => 86400.0 * audit_retention_days(event, rules)))
                ELSE false END
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_is_due(public.audit_event,jsonb,timestamp with time zone) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_is_due(public.audit_event,jsonb,timestamp with time zone) TO PUBLIC;

CREATE OR REPLACE FUNCTION public.audit_is_held(event public.audit_event)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event))
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_is_held(public.audit_event) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_is_held(public.audit_event) TO PUBLIC;

CREATE OR REPLACE FUNCTION public.audit_known(ids uuid[])
 RETURNS TABLE(event_id uuid, leaf_hash bytea, salt bytea, is_whole boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  SELECT leaf.event_id, leaf.leaf_hash, event.personal_salt,
         event.id IS NOT NULL AND (event.personal_commitment IS NULL OR event.personal_salt IS NOT NULL)
    FROM audit_leaf leaf LEFT JOIN audit_event event ON event.id = leaf.event_id WHERE leaf.event_id = ANY (ids);
$function$;
GRANT EXECUTE ON FUNCTION public.audit_known(uuid[]) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_known(uuid[]) TO audit_sequencer;

CREATE OR REPLACE FUNCTION public.audit_log_refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  BEGIN
    RAISE EXCEPTION 'Cannot % the table %: it is append-only.', lower(TG_OP), TG_TABLE_NAME
      USING ERRCODE = 'insufficient_privilege';
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_log_refuse_change() TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_log_refuse_change() TO PUBLIC;

CREATE OR REPLACE FUNCTION public.audit_names_related(event public.audit_event, wanted_type text, wanted_id text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT CASE WHEN wanted_id IS NULL THEN (event.related IS NOT NULL AND EXISTS (SELECT FROM json_array_elements(CASE WHEN json_typeof(event.related) = 'array' THEN event.related END) WITH ORDINALITY AS item (value, nth) WHERE item.value->>'type' = wanted_type)) ELSE (event.related IS NOT NULL AND EXISTS (SELECT FROM json_array_elements(CASE WHEN json_typeof(event.related) = 'array' THEN event.related END) WITH ORDINALITY AS item (value, nth) WHERE item.value->>'type' = wanted_type AND coalesce(item.value->>'id', (event.personal)->>('/related/' || item.nth - 1 || '/id')) = wanted_id)) END
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_names_related(public.audit_event,text,text) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_names_related(public.audit_event,text,text) TO PUBLIC;

CREATE OR REPLACE FUNCTION public.audit_partition_bounds(partition text)
 RETURNS TABLE(lower_id uuid, upper_id uuid, ends timestamp with time zone)
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
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
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_partition_bounds(text) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_partition_bounds(text) TO PUBLIC;

CREATE OR REPLACE FUNCTION public.audit_retention_days(event public.audit_event, rules jsonb)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT greatest(
      audit_days(rules->>'days'),
      audit_days(rules->'categories'->>event.category),
      audit_days(rules->'eventTypes'->>event.type),
      audit_days(rules->'actions'->>event.action),
      audit_days(rules->'tenants'->>event.tenant_id),
      CASE WHEN event.type IN ('audit_hold_placed', 'audit_hold_released', 'audit_consumer_changed') THEN 2147483647 END,
      CASE WHEN json_typeof(event.metadata->'retentionDays') = 'number'
           THEN audit_days(nullif(ceil(least(greatest((event.metadata->>'retentionDays')::numeric, 0), 99999)), 0)::text) END)
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_retention_days(public.audit_event,jsonb) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_retention_days(public.audit_event,jsonb) TO PUBLIC;

CREATE OR REPLACE FUNCTION public.audit_retention_survey(rules jsonb, as_of timestamp with time zone, only_month text DEFAULT NULL::text)
 RETURNS TABLE(partition text, is_over boolean, events bigint, due bigint, held bigint, unsealed bigint)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  DECLARE
    cutoff timestamptz;
    sealed bigint := audit_sealed_size();
    month record;
  BEGIN
    IF audit_days(rules->>'days') > 36500 THEN
      RETURN;
    END IF;
    cutoff := as_of - make_interval(secs => 86400.0 * audit_days(rules->>'days'));
    FOR month IN
      SELECT c.relname::text AS name, bounds.* FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
             LATERAL audit_partition_bounds(c.relname::text) bounds
       WHERE i.inhparent = 'audit_event'::regclass AND bounds.lower_id < audit_event_first_id(cutoff) AND c.relname = coalesce(only_month, c.relname)
       ORDER BY bounds.lower_id
    LOOP
      RETURN QUERY EXECUTE '
        SELECT $1, $2, count(*), count(*) FILTER (WHERE is_due), count(*) FILTER (WHERE is_due AND is_held),
               count(*) FILTER (WHERE is_due AND NOT is_held AND NOT is_sealed)
          FROM (SELECT audit_is_due(event, $5, $6) AS is_due,
                       EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event)) AS is_held,
                       EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.event_id = event.id AND leaf.index < $7) AS is_sealed
                  FROM audit_event event WHERE event.id >= $3 AND event.id < $4) looked'
        USING month.name, month.ends <= cutoff, month.lower_id, month.upper_id, rules, as_of, sealed;
    END LOOP;
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_retention_survey(jsonb,timestamp with time zone,text) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_retention_survey(jsonb,timestamp with time zone,text) TO audit_keeper;

CREATE OR REPLACE FUNCTION public.audit_retire(retirement uuid, most integer)
 RETURNS TABLE(removed bigint, is_done boolean, held bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  DECLARE
    chosen audit_retirement := audit_retirement_open(retirement);
    ids uuid[];
    due uuid[];
    through bigint;
  BEGIN
    SELECT array_agg(place.event_id), max(place.index) INTO ids, through FROM (
      SELECT leaf.index, leaf.event_id
        FROM (SELECT greatest(first_index, chosen.retired_through + 1) AS first_index, last_index FROM audit_retired_range
               WHERE retirement_id = retirement AND last_index > chosen.retired_through
               ORDER BY first_index LIMIT most) r
        JOIN audit_leaf leaf ON leaf.index BETWEEN r.first_index AND least(r.last_index, r.first_index + most - 1)
       ORDER BY leaf.index LIMIT most) place;
    IF ids IS NULL THEN
      SELECT 0, true, count(event.id) INTO removed, is_done, held
        FROM audit_retired_range r
        JOIN audit_leaf leaf ON leaf.index BETWEEN r.first_index AND r.last_index
        JOIN audit_event event ON event.id = leaf.event_id
       WHERE r.retirement_id = retirement;
      UPDATE audit_retirement
         SET retired_through = -1, state = CASE held WHEN 0 THEN 'retired' ELSE state END,
             retired_at = CASE held WHEN 0 THEN clock_timestamp() END
       WHERE id = retirement;
      RETURN NEXT;
      RETURN;
    END IF;
    -- No hold comes before the transaction ends, and nothing else that this looks at changes.
    SELECT array_agg(event.id) INTO due FROM audit_event event
     WHERE event.id = ANY (ids) AND audit_is_due(event, chosen.policy::jsonb, chosen.as_of)
       AND NOT EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event));
    IF audit_has_table('audit_row_retired'::text) THEN
      INSERT INTO audit_row_retired AS known
        SELECT DISTINCT ON (said.schema_name, said.table_name, said.key)
               said.schema_name, said.table_name, said.key, said.digest, said.is_gone, said.transaction, gone.id
          FROM audit_event gone, audit_row_stored_digests(gone.type, gone.details, gone.changes) said
         WHERE gone.id = ANY (due) AND gone.category = 'data_change'
         ORDER BY said.schema_name, said.table_name, said.key, gone.id DESC
      ON CONFLICT (schema_name, table_name, key) DO UPDATE
        SET digest = excluded.digest, is_gone = excluded.is_gone, transaction = excluded.transaction, event_id = excluded.event_id
        WHERE known.event_id < excluded.event_id;
      DELETE FROM audit_row_image image WHERE image.event_id = ANY (due);
    END IF;
    PERFORM set_config('audit.act', 'retire', true); -- not by SET of the function, which only a superuser may write
    DELETE FROM audit_event event WHERE event.id = ANY (due);
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('audit.act', '', true);
    UPDATE audit_retirement SET retired_through = through WHERE id = retirement;
    is_done := false;
    RETURN NEXT;
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_retire(uuid,integer) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_retire(uuid,integer) TO audit_keeper;

CREATE OR REPLACE FUNCTION public.audit_retire_month(retirement uuid)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  DECLARE
    chosen audit_retirement := audit_retirement_open(retirement);
    aside text := 'audit_retired_' || replace(retirement::text, '-', '');
    bounds record;
    leaves bigint := coalesce((SELECT max(index) FROM audit_leaf), -1);
    looked record;
  BEGIN
    IF audit_has_table(aside) THEN
      IF audit_has_table('audit_row_retired'::text) THEN
        EXECUTE format('
          INSERT INTO audit_row_retired AS known
            SELECT DISTINCT ON (said.schema_name, said.table_name, said.key)
                   said.schema_name, said.table_name, said.key, said.digest, said.is_gone, said.transaction, gone.id
              FROM %I gone, audit_row_stored_digests(gone.type, gone.details, gone.changes) said WHERE gone.category = ''data_change''
             ORDER BY said.schema_name, said.table_name, said.key, gone.id DESC
          ON CONFLICT (schema_name, table_name, key) DO UPDATE
            SET digest = excluded.digest, is_gone = excluded.is_gone, transaction = excluded.transaction, event_id = excluded.event_id
            WHERE known.event_id < excluded.event_id', aside);
        EXECUTE format('DELETE FROM audit_row_image image USING %I gone WHERE image.event_id = gone.id', aside);
      END IF;
      EXECUTE format('DROP TABLE %I', aside);
      UPDATE audit_retirement SET state = 'retired', retired_at = clock_timestamp() WHERE id = retirement;
      RETURN 'retired';
    END IF;
    SELECT * INTO bounds FROM audit_partition_bounds(chosen.partition);
    EXECUTE '
      SELECT count(*) FILTER (WHERE is_held) AS held, count(*) FILTER (WHERE NOT is_due OR NOT coalesce(is_meant, false)) AS others
        FROM (SELECT audit_is_due(event, $3, $4) AS is_due,
                     EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event)) AS is_held,
                     (SELECT r.last_index >= leaf.index FROM audit_retired_range r
                       WHERE r.retirement_id = $5 AND r.first_index <= leaf.index ORDER BY r.first_index DESC LIMIT 1) AS is_meant
                FROM audit_event event
                LEFT JOIN LATERAL (SELECT index FROM audit_leaf WHERE event_id = event.id OFFSET 0) leaf ON true
               WHERE event.id >= $1 AND event.id < $2) looked'
      INTO looked USING bounds.lower_id, bounds.upper_id, chosen.policy::jsonb, chosen.as_of, retirement;
    IF looked.held > 0 THEN
      RETURN 'held';
    ELSIF looked.others > 0 THEN
      RETURN 'shared';
    END IF;
    EXECUTE format('GRANT DELETE ON %I TO CURRENT_USER', chosen.partition); -- what LOCK asks for
    FOR attempt IN 1..20 LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '50ms', true);
        EXECUTE format('LOCK TABLE %I IN SHARE MODE', chosen.partition);
        IF EXISTS (SELECT FROM audit_leaf WHERE index > leaves AND event_id >= bounds.lower_id AND event_id < bounds.upper_id) THEN
          RETURN 'shared';
        END IF;
        EXECUTE format('ALTER TABLE audit_event DETACH PARTITION %I', chosen.partition);
        -- A late event of the month finds its name free.
        EXECUTE format('ALTER TABLE %I RENAME TO %I', chosen.partition, aside);
        RETURN 'detached';
      EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
        PERFORM pg_sleep(0.25);
      END;
    END LOOP;
    RETURN 'busy';
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_retire_month(uuid) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_retire_month(uuid) TO audit_keeper;

CREATE OR REPLACE FUNCTION public.audit_retirement_announced(retirement uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  BEGIN
    UPDATE audit_retirement r SET state = 'announced', announced_at = clock_timestamp()
     WHERE id = retirement AND state = 'archived'
       AND convert_from(entry, 'UTF8')::jsonb @> jsonb_build_object(
             'id', event_id, 'type', 'audit_events_retired', 'details', jsonb_build_object(
               'retirementId', id, 'events', events, 'indexesDigest', indexes_digest, 'policy', policy,
               'cutoff', to_char(cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
       AND EXISTS (
         SELECT FROM audit_leaf leaf WHERE leaf.event_id = r.event_id AND leaf.leaf_hash = sha256(E'\\x00'::bytea || r.entry)
            AND leaf.index < (SELECT max(size) FROM audit_checkpoint));
    RETURN FOUND;
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_retirement_announced(uuid) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_retirement_announced(uuid) TO audit_keeper;

CREATE OR REPLACE FUNCTION public.audit_retirement_archived(retirement uuid, announcement_id uuid, announcement bytea)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  BEGIN
    IF EXISTS (SELECT FROM audit_legal_hold WHERE released_at IS NULL) AND EXISTS (
      SELECT FROM audit_retired_range r
        JOIN audit_leaf leaf ON leaf.index BETWEEN r.first_index AND r.last_index
        JOIN audit_event event ON event.id = leaf.event_id
        JOIN audit_legal_hold hold ON audit_hold_covers(hold, event)
       WHERE r.retirement_id = retirement) THEN
      RETURN false;
    END IF;
    UPDATE audit_retirement
       SET state = 'archived', archived_at = clock_timestamp(), event_id = announcement_id, entry = announcement
     WHERE id = retirement AND state = 'planned';
    RETURN FOUND;
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_retirement_archived(uuid,uuid,bytea) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_retirement_archived(uuid,uuid,bytea) TO audit_keeper;

CREATE OR REPLACE FUNCTION public.audit_retirement_cancel(retirement uuid)
 RETURNS boolean
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    WITH gone AS (DELETE FROM audit_retirement WHERE id = retirement AND state = 'planned' RETURNING id)
    SELECT EXISTS (SELECT FROM gone)
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_retirement_cancel(uuid) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_retirement_cancel(uuid) TO audit_keeper;

CREATE OR REPLACE FUNCTION public.audit_retirement_open(retirement uuid)
 RETURNS public.audit_retirement
 LANGUAGE plpgsql
AS $function$
  DECLARE
    found_one audit_retirement;
  BEGIN
    LOCK TABLE audit_legal_hold IN SHARE MODE;
    SELECT * INTO found_one FROM audit_retirement WHERE id = retirement FOR UPDATE;
    IF found_one.state IS DISTINCT FROM 'announced' THEN
      RAISE EXCEPTION 'Cannot remove the events of the retirement %: it is %, and not announced in the log.',
        retirement, coalesce(found_one.state, 'unknown') USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN found_one;
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_retirement_open(uuid) TO OWNER;

CREATE OR REPLACE FUNCTION public.audit_retirement_plan(retirement uuid, month text, policy text, as_of timestamp with time zone, most bigint)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  DECLARE
    rules jsonb := policy::jsonb;
    found_due record;
    bounds record;
    is_whole boolean;
    sealed bigint := audit_sealed_size();
  BEGIN
    IF as_of > clock_timestamp() THEN
      RAISE EXCEPTION 'Cannot plan a retirement as of %: that is yet to come.', as_of;
    END IF;
    IF EXISTS (SELECT FROM audit_retirement WHERE partition = month AND state <> 'retired') THEN
      RETURN false;
    END IF;
    SELECT * INTO found_due FROM audit_retention_survey(rules, as_of, month);
    IF found_due IS NULL OR found_due.due = found_due.held + found_due.unsealed THEN
      RETURN false;
    END IF;
    is_whole := found_due.is_over AND found_due.due = found_due.events AND found_due.held + found_due.unsealed = 0;
    SELECT * INTO bounds FROM audit_partition_bounds(month);
    INSERT INTO audit_retirement (id, kind, partition, policy, as_of, cutoff, archive)
      VALUES (retirement, CASE WHEN is_whole THEN 'month' ELSE 'rows' END, month, policy, as_of,
              as_of - make_interval(secs => 86400.0 * audit_days(rules->>'days')),
              replace(substr(month, 13), '_', '-') || '-' || retirement);
    EXECUTE '
      INSERT INTO audit_retired_range
        SELECT $1, min(index), max(index) FROM (
          SELECT index, index - row_number() OVER (ORDER BY index) AS island FROM (
            SELECT leaf.index FROM audit_event event, LATERAL (
                     SELECT index FROM audit_leaf WHERE event_id = event.id AND index < $6 OFFSET 0) leaf
             WHERE event.id >= $2 AND event.id < $3 AND audit_is_due(event, $4, $5)
               AND NOT EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event))
             ORDER BY leaf.index LIMIT $7) due) numbered
         GROUP BY island'
      USING retirement, bounds.lower_id, bounds.upper_id, rules, as_of, sealed, CASE WHEN is_whole THEN NULL ELSE most END;
    UPDATE audit_retirement SET (events, first_index, last_index, indexes_digest) = (
      SELECT sum(last_index - first_index + 1), min(first_index), max(last_index),
             encode(sha256(convert_to(string_agg(first_index || '-' || last_index || E'\n', '' ORDER BY first_index), 'UTF8')), 'hex')
        FROM audit_retired_range WHERE retirement_id = retirement)
     WHERE id = retirement;
    RETURN true;
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_retirement_plan(uuid,text,text,timestamp with time zone,bigint) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_retirement_plan(uuid,text,text,timestamp with time zone,bigint) TO audit_keeper;

CREATE OR REPLACE FUNCTION public.audit_role(wanted text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT CASE wanted
    WHEN 'writer' THEN 'audit_writer' WHEN 'sequencer' THEN 'audit_sequencer'
    WHEN 'reader' THEN 'audit_reader' WHEN 'keeper' THEN 'audit_keeper' END
$function$;
GRANT EXECUTE ON FUNCTION public.audit_role(text) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_role(text) TO PUBLIC;

CREATE OR REPLACE FUNCTION public.audit_row_baseline_create(of_schema text, of_table text, digests text, of_key text[], of_columns text[], of_ignored text[], again boolean)
 RETURNS uuid
 LANGUAGE plpgsql
 SET row_security TO 'on'
 SET search_path TO 'public', 'pg_temp'
AS $function$
  DECLARE
    made CONSTANT uuid := gen_random_uuid();
    last audit_row_baseline;
    taken record;
    relation CONSTANT oid := to_regclass(format('%I.%I', of_schema, of_table));
    of_labels CONSTANT text[] := audit_row_labels(relation);
    server CONSTANT text := (SELECT system_identifier::text FROM pg_control_system());
  BEGIN
    SELECT * INTO last FROM audit_row_baseline b
     WHERE b.schema_name = of_schema AND b.table_name = of_table ORDER BY b.position DESC LIMIT 1;
    IF NOT again AND last.rows IS NOT NULL AND last.key = of_key AND last.ignored = of_ignored
      AND last.columns <@ of_columns THEN
      RETURN NULL;
    END IF;
    EXECUTE format('
      WITH taken AS MATERIALIZED (SELECT key COLLATE "C" AS key, decode(digest, ''hex'') AS digest FROM %s(''{}'')),
      stored AS (INSERT INTO audit_row_baseline_digest SELECT $1, key, digest FROM taken)
      SELECT coalesce(sum(part.rows), 0)::bigint AS rows, pg_current_snapshot()::text AS snapshot,
             encode(sha256(coalesce(string_agg(part.digest, ''''::bytea ORDER BY part.first), ''''::bytea)), ''hex'') AS digest
        FROM (SELECT count(*) AS rows, get_byte(digest, 0) AS first,
                     sha256(string_agg(digest || convert_to(key, ''UTF8''), ''''::bytea ORDER BY digest, key)) AS digest
                FROM taken GROUP BY get_byte(digest, 0)) AS part', digests) INTO taken USING made;
    INSERT INTO audit_row_baseline (id, schema_name, table_name, table_oid, key, columns, ignored, labels, cluster, snapshot, rows, digest)
    VALUES (made, of_schema, of_table, relation, of_key, of_columns, of_ignored, of_labels, server, taken.snapshot, taken.rows, taken.digest);
    PERFORM audit_row_baseline_enqueue(of_schema, of_table, jsonb_build_object('id', made, 'rows', taken.rows, 'digest', taken.digest,
      'snapshot', taken.snapshot, 'cluster', server, 'key', of_key, 'columns', of_columns, 'ignored', of_ignored, 'labels', of_labels));
    RETURN made;
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_baseline_create(text,text,text,text[],text[],text[],boolean) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_baseline_create(text,text,text,text[],text[],text[],boolean) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_row_baseline_end(of_schema text, of_table text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  DECLARE
    last audit_row_baseline;
    renamed_to text;
  BEGIN
    SELECT * INTO last FROM audit_row_baseline b
     WHERE b.schema_name = of_schema AND b.table_name = of_table ORDER BY b.position DESC LIMIT 1;
    IF last.rows IS NULL THEN
      RETURN;
    END IF;
    INSERT INTO audit_row_baseline (id, schema_name, table_name, key, columns, ignored, labels, cluster, snapshot, digest)
    VALUES (gen_random_uuid(), of_schema, of_table, last.key, last.columns, last.ignored, last.labels, last.cluster, last.snapshot, '');
    SELECT n.nspname || '.' || c.relname INTO renamed_to
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = last.table_oid AND (n.nspname, c.relname) <> (of_schema, of_table);
    PERFORM audit_row_baseline_enqueue(of_schema, of_table, jsonb_strip_nulls(jsonb_build_object('id', last.id, 'renamedTo', renamed_to)));
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_baseline_end(text,text) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_baseline_end(text,text) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_row_baseline_enqueue(of_schema text, of_table text, baseline jsonb)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
    INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines)
    VALUES ('BASELINE',
      json_build_object('schema', of_schema, 'table', of_table, 'resource', of_table, 'key', '[]'::json, 'facts', '[]'::json,
        'redacted', '[]'::json, 'digested', '[]'::json, 'asText', '[]'::json),
      json_build_object('role', session_user, 'actingAs', current_setting('role'), 'application', current_setting('application_name'),
        'address', host(inet_client_addr()), 'pid', pg_backend_pid(), 'baseline', baseline),
      0, 0, '[]')
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_baseline_enqueue(text,text,jsonb) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_baseline_enqueue(text,text,jsonb) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_row_change_digests()
 RETURNS TABLE("position" bigint, nth bigint, transaction xid8, operation text, schema_name text, table_name text, partition text, key text, rekeyed_from text, digest text, is_gone boolean, baseline jsonb, is_readable boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_change_digests() TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_change_digests() TO audit_reader;

CREATE OR REPLACE FUNCTION public.audit_row_facts(type text, details json, changes json)
 RETURNS TABLE(schema_name text, table_name text, key text, digest text, is_gone boolean, transaction text, is_new boolean)
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT whole.d->>'schema', whole.d->>'table', said.key COLLATE "C", coalesce(whole.d->>'digest', ''), said.is_gone,
           whole.d->>'transaction', said.is_new
      FROM (SELECT details::jsonb AS d OFFSET 0) AS whole,
           LATERAL (
             SELECT CASE part WHEN 1 THEN coalesce(whole.d->>'keyDigest', jsonb_path_query_first(whole.d, '$.key.*') #>> '{}')
                      ELSE coalesce(whole.d->>'rekeyedFromDigest', jsonb_path_query_first(whole.d, '$.rekeyedFrom.*') #>> '{}') END,
                    part = 2 OR type = 'row_deleted' OR whole.d->>'operation' = 'DELETE'
                      OR CASE WHEN type = 'row_changed_externally' AND whole.d->>'operation' = 'UPDATE'
                              THEN changes::jsonb ? 'before' AND NOT changes::jsonb ? 'after' ELSE false END,
                    part = 1 AND whole.d->>'operation' = 'INSERT'
               FROM generate_series(1, CASE WHEN whole.d ?| '{rekeyedFrom, rekeyedFromDigest}' THEN 2 ELSE 1 END) AS part OFFSET 0
           ) AS said (key, is_gone, is_new)
     WHERE said.key IS NOT NULL
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_facts(text,json,json) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_facts(text,json,json) TO audit_reader;

CREATE OR REPLACE FUNCTION public.audit_row_inexact(relation oid)
 RETURNS text[]
 LANGUAGE sql
 STABLE
AS $function$
    SELECT coalesce(array_agg(DISTINCT part.name ORDER BY part.name), '{}') FROM audit_row_types(relation) part JOIN pg_type t ON t.oid = part.type
     WHERE t.oid = 'json'::regtype OR t.typnamespace = 'pg_catalog'::regnamespace AND t.typname LIKE 'reg%'
        OR EXISTS (SELECT FROM pg_cast c WHERE c.castsource = t.oid AND c.casttarget = 'json'::regtype AND c.oid >= 16384)
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_inexact(oid) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_inexact(oid) TO audit_reader;
GRANT EXECUTE ON FUNCTION public.audit_row_inexact(oid) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_row_json(given text)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
  BEGIN
    RETURN given::jsonb;
  EXCEPTION WHEN OTHERS THEN
    RETURN to_jsonb(left(given, 60000000));
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_json(text) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_json(text) TO audit_reader;
GRANT EXECUTE ON FUNCTION public.audit_row_json(text) TO audit_sequencer;
GRANT EXECUTE ON FUNCTION public.audit_row_json(text) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_row_key(key jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT CASE count(*) WHEN 0 THEN NULL WHEN 1 THEN min(part.value)
                ELSE jsonb_agg(part.value ORDER BY part.key COLLATE "C")::text END
      FROM jsonb_each_text(CASE jsonb_typeof(key) WHEN 'object' THEN key END) AS part
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_key(jsonb) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_key(jsonb) TO audit_reader;
GRANT EXECUTE ON FUNCTION public.audit_row_key(jsonb) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_row_key_fold(key text, salt bytea)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT CASE WHEN key ~ '^(-?[0-9]{1,15}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$' THEN key
                ELSE encode(sha256(salt || convert_to('key:' || key, 'UTF8')), 'hex') END COLLATE "C"
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_key_fold(text,bytea) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_key_fold(text,bytea) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_row_labels(relation oid)
 RETURNS text[]
 LANGUAGE sql
 STABLE
AS $function$
    SELECT coalesce(array_agg(e.oid || ' ' || e.enumlabel ORDER BY e.oid), '{}')
      FROM pg_enum e JOIN (SELECT DISTINCT part.type FROM audit_row_types(relation) part) of_table ON of_table.type = e.enumtypid
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_labels(oid) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_labels(oid) TO audit_reader;
GRANT EXECUTE ON FUNCTION public.audit_row_labels(oid) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_row_layout(of_schema text, of_table text, names text[])
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
    SELECT jsonb_object_agg(a.attnum || ' ' || a.attname, t.typcategory IN ('A', 'C') OR t.typoutput = 'pg_catalog.json_out'::regproc)::text
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
     WHERE n.nspname = of_schema AND c.relname = of_table AND a.attnum > 0 AND NOT a.attisdropped
    HAVING names IS NULL OR array_agg(a.attname::text ORDER BY a.attname COLLATE "C") = names
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_layout(text,text,text[]) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_layout(text,text,text[]) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_row_masks(image jsonb, redacted text[], digested text[], as_text text[], salt bytea)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
    SELECT coalesce(jsonb_object_agg(name, CASE
             WHEN name = ANY (redacted) THEN to_jsonb('[REDACTED]'::text)
             WHEN name = ANY (digested) THEN to_jsonb('sha256:' || encode(sha256(salt || convert_to(image ->> name, 'UTF8')), 'hex'))
             WHEN jsonb_typeof(image -> name) = 'array' THEN regexp_replace(image ->> name, '-?[0-9][0-9.]*', E'"\\&"', 'g')::jsonb
             ELSE to_jsonb(image ->> name) END), '{}')
      FROM unnest(redacted || digested || as_text) AS masked (name)
     WHERE image ->> name IS NOT NULL
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_masks(jsonb,text[],text[],text[],bytea) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_masks(jsonb,text[],text[],text[],bytea) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_row_parked_about(subject text, needles text[], before xid8, after bigint, most integer)
 RETURNS TABLE("position" bigint, texts jsonb, is_of boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
    SELECT found.position, found.texts, found.is_of
      FROM (SELECT p.position,
                   jsonb_build_array(p.source, CASE jsonb_typeof(p.origin) WHEN 'object' THEN p.origin - 'context' ELSE p.origin END, p.context, p.lines) AS texts,
                   (p.context #>> '{actor,id}' = subject OR p.context #>> '{actor,onBehalfOf,id}' = subject
                     OR p.source->>'resource' = 'user' AND subject = ANY (p.row_keys)
                     OR jsonb_typeof(p.lines) = 'string' AND strpos(p.lines #>> '{}', subject) > 0
                     OR jsonb_typeof(p.origin) = 'string' AND strpos(p.origin #>> '{}', subject) > 0) IS TRUE AS is_of
              FROM (SELECT c.position, c.source, c.row_keys, c.origin, audit_row_json(c.lines) AS lines,
                           audit_row_json(substr(c.origin->>'context', 69)) AS context
                      FROM audit_row_change_parked c WHERE c.transaction < before AND c.position > after OFFSET 0) p
            OFFSET 0) found
     WHERE found.is_of OR EXISTS (
       SELECT FROM unnest(needles) needle, CAST(found.texts AS text) texts
        WHERE octet_length(texts) > char_length(texts) OR strpos(lower(texts COLLATE "C"), needle) > 0)
     ORDER BY found.position LIMIT most
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_parked_about(text,text[],xid8,bigint,integer) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_parked_about(text,text[],xid8,bigint,integer) TO audit_keeper;

CREATE OR REPLACE FUNCTION public.audit_row_retired_digests()
 RETURNS TABLE(schema_name text, table_name text, rows bigint, digest text)
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
    SELECT part.schema_name, part.table_name, sum(part.rows)::bigint,
           encode(sha256(string_agg(part.digest, ''::bytea ORDER BY part.first)), 'hex')
      FROM (SELECT r.schema_name, r.table_name, get_byte(r.hash, 0) AS first, count(*) AS rows,
                   sha256(string_agg(r.hash, ''::bytea ORDER BY r.hash)) AS digest
              FROM (SELECT k.schema_name, k.table_name,
                           sha256(convert_to(json_build_array(k.key, k.digest, k.is_gone, k.transaction, k.event_id)::text, 'UTF8')) AS hash
                      FROM audit_row_retired k) AS r
             GROUP BY r.schema_name, r.table_name, get_byte(r.hash, 0)) AS part
     GROUP BY part.schema_name, part.table_name
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_retired_digests() TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_retired_digests() TO audit_keeper;
GRANT EXECUTE ON FUNCTION public.audit_row_retired_digests() TO audit_reader;

CREATE OR REPLACE FUNCTION public.audit_row_salt()
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
    SELECT salt FROM audit_row_salt
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_salt() TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_salt() TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_row_set_digest(OUT rows bigint, OUT digest text, of_baseline uuid)
 RETURNS record
 LANGUAGE sql
 STABLE
AS $function$
    SELECT coalesce(sum(part.rows), 0)::bigint,
           encode(sha256(coalesce(string_agg(part.digest, ''::bytea ORDER BY part.first), ''::bytea)), 'hex')
      FROM (SELECT count(*) AS rows, get_byte(d.digest, 0) AS first,
                   sha256(string_agg(d.digest || convert_to(d.key, 'UTF8'), ''::bytea ORDER BY d.digest, d.key)) AS digest
              FROM audit_row_baseline_digest d WHERE d.baseline = of_baseline GROUP BY get_byte(d.digest, 0)) AS part
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_set_digest(uuid) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_set_digest(uuid) TO audit_reader;

CREATE OR REPLACE FUNCTION public.audit_row_stored_digests(type text, details json, changes json)
 RETURNS TABLE(schema_name text, table_name text, key text, digest text, is_gone boolean, transaction text)
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT said.schema_name, said.table_name, said.key, said.digest, said.is_gone, coalesce(said.transaction, '')
      FROM (SELECT f.schema_name, f.table_name, f.key, f.digest, coalesce(f.is_gone, false) AS is_gone, f.transaction
              FROM audit_row_facts(type, details, changes) f
            UNION ALL
            SELECT d->>'schema', d->>'table', CASE WHEN d->>'partition' IS NULL THEN '*' ELSE '*partition' END, '', true, d->>'transaction'
              FROM (SELECT details::jsonb AS d) AS whole WHERE d->>'operation' = 'TRUNCATE') said
     WHERE type IN ('row_inserted', 'row_updated', 'row_deleted', 'row_changed_externally', 'table_truncated')
       AND octet_length(said.schema_name) <= 63 AND octet_length(said.table_name) <= 63
       AND octet_length(said.key) <= 64 AND octet_length(said.digest) <= 64 AND octet_length(coalesce(said.transaction, '')) <= 20
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_stored_digests(text,json,json) TO OWNER;

CREATE OR REPLACE FUNCTION public.audit_row_types(relation oid)
 RETURNS TABLE(name text, type oid)
 LANGUAGE sql
 STABLE
AS $function$
    WITH RECURSIVE part AS (
      SELECT a.attname::text AS name, a.atttypid AS type FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
      UNION
      SELECT part.name, below.type FROM part JOIN pg_type t ON t.oid = part.type, LATERAL (
        SELECT t.typbasetype AS type UNION ALL SELECT t.typelem
        UNION ALL SELECT a.atttypid FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid) below
       WHERE below.type <> 0)
    SELECT part.name, part.type FROM part
  $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_types(oid) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_types(oid) TO audit_reader;
GRANT EXECUTE ON FUNCTION public.audit_row_types(oid) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_row_value(given anyelement, salt bytea)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
  DECLARE
    whole text;
    start text := '';
    digest bytea;
    image jsonb;
  BEGIN
    IF pg_catalog.pg_typeof(given) = 'pg_catalog.bytea'::regtype THEN
      IF (octet_length(given) > 32768) IS NOT TRUE THEN
        RETURN to_jsonb(given);
      END IF;
      start := E'\\x' || encode(substr(given, 1, 8250), 'hex') || ' ';
      digest := sha256(given);
    ELSE
      whole := given::text;
      IF octet_length(whole) > 65536 OR octet_length(whole) > 16500 AND right(whole, 73) ~ ' sha256:[0-9a-f]{64}"?$' THEN
        start := left(whole, 16500) || ' ';
      ELSE
        BEGIN
          image := to_jsonb(given);
          IF jsonb_typeof(image) IN ('null', 'string') THEN
            -- A JSON null becomes the string "null". So a JSON string of this text keeps its quotes.
            RETURN CASE WHEN btrim(image::text, E'"\\') = 'null' THEN to_jsonb(image::text) ELSE image END;
          ELSIF (whole ~ '[[]|null|-0[,})]' AND (jsonb_typeof(image) = 'object' AND whole LIKE '(%' OR jsonb_typeof(image) = 'array' AND whole ~ '^({|[[]-?[0-9]+:)')
              AND translate(jsonb_populate_record(ROW(given), jsonb_build_object('f1', image))::text, E' \t\r\n\\"', '')
               <> translate(ROW(given)::text, E' \t\r\n\\"', '')) IS NOT TRUE THEN
            RETURN image;
          ELSIF strpos(image::text, '{') = 0 THEN
            RETURN to_jsonb(whole);
          END IF;
        EXCEPTION WHEN OTHERS THEN
          RETURN coalesce(image, to_jsonb(whole));
        END;
      END IF;
      digest := sha256(convert_to(whole, 'UTF8'));
    END IF;
    RETURN to_jsonb(start || 'sha256:' || encode(sha256(salt || digest), 'hex'));
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_row_value(anyelement,bytea) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_row_value(anyelement,bytea) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_sealed_size()
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
  SELECT least(coalesce((SELECT max(size) FROM audit_checkpoint), 0),
               (SELECT min(position) FROM audit_consumer WHERE state = 'active' AND delays_retention))
$function$;
GRANT EXECUTE ON FUNCTION public.audit_sealed_size() TO OWNER;

CREATE OR REPLACE FUNCTION public.audit_try_accept(version smallint, seed bytea, mac bytea, body text, lock_wait_ms integer, writer_key text)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
  DECLARE
    violated text;
  BEGIN
    PERFORM audit_accept(version, seed, mac, body, lock_wait_ms, writer_key);
    RETURN NULL;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
    RETURN json_build_object('code', SQLSTATE, 'message', SQLERRM, 'constraint', violated);
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_try_accept(smallint,bytea,bytea,text,integer,text) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_try_accept(smallint,bytea,bytea,text,integer,text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION public.audit_try_accept(smallint,bytea,bytea,text,integer,text) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_waiting(ids uuid[])
 RETURNS TABLE(event_id uuid, is_parked boolean, line text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  SELECT wanted.id, lines.is_parked, CASE WHEN current_setting('audit.reads', true) = 'all' THEN lines.line END
    FROM unnest(ids) AS wanted (id)
    JOIN (SELECT string_to_table(body, E'\n') AS line, false AS is_parked FROM audit_inbox
          UNION ALL SELECT string_to_table(line, E'\n'), true FROM audit_parked) AS lines
      ON starts_with(lines.line, '{"event":{"id":"' || wanted.id || '"')
$function$;
GRANT EXECUTE ON FUNCTION public.audit_waiting(uuid[]) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_waiting(uuid[]) TO audit_reader;

CREATE TABLE public.admin_audit_log (
  id uuid NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  admin_user_id text NOT NULL,
  action text NOT NULL,
  outcome text NOT NULL,
  target_type text,
  target_id text,
  details jsonb NOT NULL,
  ip_address inet,
  user_agent text,
  request_id text,
  CONSTRAINT admin_audit_log_pkey PRIMARY KEY (id)
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.admin_audit_log TO OWNER;

CREATE TABLE public.audit_act (
  number bigint NOT NULL,
  event_id uuid NOT NULL,
  type text NOT NULL,
  note text NOT NULL,
  CONSTRAINT audit_act_pkey PRIMARY KEY (number),
  CONSTRAINT audit_act_event_id_key UNIQUE (event_id),
  CONSTRAINT audit_act_number_check CHECK ((number > 0))
);
CREATE INDEX audit_act_type ON public.audit_act USING btree (type, number);
CREATE TRIGGER audit_act_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_act FOR EACH STATEMENT EXECUTE FUNCTION public.audit_log_refuse_change();
GRANT INSERT, MAINTAIN, SELECT ON TABLE public.audit_act TO OWNER;
GRANT INSERT, SELECT ON TABLE public.audit_act TO audit_keeper;
GRANT INSERT, SELECT ON TABLE public.audit_act TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_act TO audit_reader;

CREATE TABLE public.audit_capture_state (
  "position" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  attested_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  follows bigint NOT NULL,
  event_id uuid NOT NULL,
  state text NOT NULL,
  CONSTRAINT audit_capture_state_pkey PRIMARY KEY ("position"),
  CONSTRAINT audit_capture_state_follows_key UNIQUE (follows)
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_capture_state TO OWNER;
GRANT INSERT, SELECT ON TABLE public.audit_capture_state TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_capture_state TO audit_reader;

CREATE TABLE public.audit_checkpoint (
  size bigint NOT NULL,
  root bytea NOT NULL,
  note text NOT NULL,
  signed_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT audit_checkpoint_pkey PRIMARY KEY (size),
  CONSTRAINT audit_checkpoint_root_check CHECK ((length(root) = 32)),
  CONSTRAINT audit_checkpoint_size_check CHECK ((size > 0))
);
CREATE TRIGGER audit_checkpoint_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION public.audit_log_refuse_change();
GRANT INSERT, MAINTAIN, SELECT ON TABLE public.audit_checkpoint TO OWNER;
GRANT INSERT, SELECT ON TABLE public.audit_checkpoint TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_checkpoint TO audit_keeper;
GRANT SELECT ON TABLE public.audit_checkpoint TO audit_reader;

CREATE TABLE public.audit_consumer (
  name text NOT NULL,
  state text NOT NULL,
  state_reason text,
  "position" bigint NOT NULL,
  leaf bytea,
  sending_to bigint,
  delays_retention boolean NOT NULL,
  about jsonb NOT NULL,
  replay_of text,
  ends_before bigint,
  note text NOT NULL,
  handled_events bigint NOT NULL DEFAULT 0,
  handled_batches bigint NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  refusals integer NOT NULL DEFAULT 0,
  last_error text,
  last_handled_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT audit_consumer_pkey PRIMARY KEY (name),
  CONSTRAINT audit_consumer_replay_of_fkey FOREIGN KEY (replay_of) REFERENCES public.audit_consumer(name) ON DELETE CASCADE,
  CONSTRAINT audit_consumer_check CHECK ((sending_to >= "position")),
  CONSTRAINT audit_consumer_check1 CHECK (((replay_of IS NULL) = (ends_before IS NULL))),
  CONSTRAINT audit_consumer_position_check CHECK (("position" >= 0)),
  CONSTRAINT audit_consumer_state_check CHECK ((state = ANY (ARRAY['active'::text, 'paused'::text, 'gone'::text, 'done'::text])))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_consumer TO OWNER;
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.audit_consumer TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_consumer TO audit_reader;

CREATE TABLE public.audit_consumer_parked (
  consumer text NOT NULL,
  index bigint NOT NULL,
  event_id uuid NOT NULL,
  leaf_hash bytea NOT NULL,
  reason text NOT NULL,
  parked_at timestamp(3) with time zone NOT NULL,
  note text NOT NULL,
  retry_at timestamp(3) with time zone,
  CONSTRAINT audit_consumer_parked_pkey PRIMARY KEY (consumer, index),
  CONSTRAINT audit_consumer_parked_consumer_fkey FOREIGN KEY (consumer) REFERENCES public.audit_consumer(name) ON DELETE CASCADE
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_consumer_parked TO OWNER;
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.audit_consumer_parked TO audit_sequencer;
GRANT SELECT (consumer) ON TABLE public.audit_consumer_parked TO audit_reader;
GRANT SELECT (event_id) ON TABLE public.audit_consumer_parked TO audit_reader;
GRANT SELECT (index) ON TABLE public.audit_consumer_parked TO audit_reader;
GRANT SELECT (parked_at) ON TABLE public.audit_consumer_parked TO audit_reader;
GRANT SELECT (retry_at) ON TABLE public.audit_consumer_parked TO audit_reader;

CREATE TABLE public.audit_context_key (
  id text NOT NULL,
  inner_pad bytea NOT NULL,
  outer_pad bytea NOT NULL,
  logins text[],
  added_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamp(3) with time zone,
  CONSTRAINT audit_context_key_inner_pad_check CHECK ((length(inner_pad) = 64)),
  CONSTRAINT audit_context_key_outer_pad_check CHECK ((length(outer_pad) = 64))
);
CREATE UNIQUE INDEX audit_context_key_id ON public.audit_context_key USING btree (id) WHERE (ended_at IS NULL);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_context_key TO OWNER;
GRANT SELECT (added_at) ON TABLE public.audit_context_key TO audit_reader;
GRANT SELECT (ended_at) ON TABLE public.audit_context_key TO audit_reader;
GRANT SELECT (id) ON TABLE public.audit_context_key TO audit_reader;
GRANT SELECT (logins) ON TABLE public.audit_context_key TO audit_reader;

CREATE TABLE public.audit_cosignature (
  size bigint NOT NULL,
  witness_name text NOT NULL,
  key_id bigint NOT NULL,
  line text NOT NULL,
  added_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT audit_cosignature_pkey PRIMARY KEY (size, witness_name, key_id)
);
CREATE TRIGGER audit_cosignature_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_cosignature FOR EACH STATEMENT EXECUTE FUNCTION public.audit_log_refuse_change();
GRANT INSERT, MAINTAIN, SELECT ON TABLE public.audit_cosignature TO OWNER;
GRANT INSERT, SELECT ON TABLE public.audit_cosignature TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_cosignature TO audit_reader;

CREATE TABLE public.audit_erased (
  event_id uuid NOT NULL,
  act bigint NOT NULL,
  CONSTRAINT audit_erased_pkey PRIMARY KEY (event_id, act)
);
CREATE INDEX audit_erased_act ON public.audit_erased USING btree (act);
CREATE TRIGGER audit_erased_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_erased FOR EACH STATEMENT EXECUTE FUNCTION public.audit_log_refuse_change();
GRANT INSERT, MAINTAIN, SELECT ON TABLE public.audit_erased TO OWNER;
GRANT INSERT, SELECT ON TABLE public.audit_erased TO audit_keeper;
GRANT SELECT ON TABLE public.audit_erased TO audit_reader;

CREATE TABLE public.audit_erasure (
  id uuid NOT NULL,
  subject text NOT NULL,
  identifiers text[],
  salt bytea,
  requested_by jsonb NOT NULL,
  reason text NOT NULL,
  act bigint NOT NULL,
  progress text,
  certificate text,
  problem text,
  CONSTRAINT audit_erasure_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_erasure_subject ON public.audit_erasure USING btree (subject);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_erasure TO OWNER;
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.audit_erasure TO audit_keeper;
GRANT SELECT (act) ON TABLE public.audit_erasure TO audit_reader;
GRANT SELECT (certificate) ON TABLE public.audit_erasure TO audit_reader;
GRANT SELECT (id) ON TABLE public.audit_erasure TO audit_reader;
GRANT SELECT (reason) ON TABLE public.audit_erasure TO audit_reader;
GRANT SELECT (requested_by) ON TABLE public.audit_erasure TO audit_reader;
GRANT SELECT (subject) ON TABLE public.audit_erasure TO audit_reader;

CREATE TABLE public.audit_erasure_list (
  erasure_id uuid NOT NULL,
  event_id uuid NOT NULL,
  CONSTRAINT audit_erasure_list_pkey PRIMARY KEY (erasure_id, event_id),
  CONSTRAINT audit_erasure_list_erasure_id_fkey FOREIGN KEY (erasure_id) REFERENCES public.audit_erasure(id) ON DELETE CASCADE
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_erasure_list TO OWNER;
GRANT DELETE, INSERT, SELECT ON TABLE public.audit_erasure_list TO audit_keeper;

CREATE TABLE public.audit_event (
  id uuid NOT NULL,
  schema_version smallint NOT NULL,
  occurred_at timestamp(3) with time zone NOT NULL,
  type text NOT NULL,
  action text NOT NULL,
  outcome text NOT NULL,
  category text NOT NULL,
  severity text NOT NULL,
  actor_type text NOT NULL,
  actor_id text,
  actor_name text,
  session_id text,
  on_behalf_of json,
  tenant_id text,
  resource_type text,
  resource_id text,
  request_id text,
  ip inet,
  user_agent text,
  method text,
  route text,
  status_code smallint,
  duration_ms double precision,
  trace_id text,
  reason text,
  error json,
  details json NOT NULL,
  changes json,
  metadata json NOT NULL,
  details_issues json,
  truncated boolean NOT NULL,
  credential_id text,
  credential_kind text,
  credential_scopes text,
  resource_name text,
  related json,
  on_behalf_of_id text GENERATED ALWAYS AS ((on_behalf_of ->> 'id'::text)) STORED,
  personal_columns smallint,
  personal json,
  personal_salt bytea,
  personal_commitment bytea,
  leaf_hash bytea NOT NULL,
  CONSTRAINT audit_event_pkey PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX audit_event_actor ON ONLY public.audit_event USING btree (actor_id, id);
CREATE INDEX audit_event_credential ON ONLY public.audit_event USING btree (credential_id) WHERE (credential_id IS NOT NULL);
CREATE INDEX audit_event_on_behalf_of ON ONLY public.audit_event USING btree (on_behalf_of_id, id) WHERE (on_behalf_of_id IS NOT NULL);
CREATE INDEX audit_event_rekeyed ON ONLY public.audit_event USING btree (resource_type, resource_id, id) WHERE ((type = ANY (ARRAY['row_updated'::text, 'row_changed_externally'::text])) AND ((details ->> 'rekeyedFrom'::text) IS NOT NULL));
CREATE INDEX audit_event_related ON ONLY public.audit_event USING btree (id) WHERE (related IS NOT NULL);
CREATE INDEX audit_event_request ON ONLY public.audit_event USING btree (request_id);
CREATE INDEX audit_event_resource ON ONLY public.audit_event USING btree (resource_type, resource_id, id);
CREATE INDEX audit_event_session ON ONLY public.audit_event USING btree (session_id) WHERE (session_id IS NOT NULL);
CREATE INDEX audit_event_tenant ON ONLY public.audit_event USING btree (tenant_id, id);
CREATE INDEX audit_event_trace ON ONLY public.audit_event USING btree (trace_id) WHERE (trace_id IS NOT NULL);
CREATE INDEX audit_event_type ON ONLY public.audit_event USING btree (type, outcome, id);
CREATE TRIGGER audit_event_append_only BEFORE DELETE OR UPDATE ON public.audit_event FOR EACH ROW EXECUTE FUNCTION public.audit_event_refuse_change();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON public.audit_event FOR EACH STATEMENT EXECUTE FUNCTION public.audit_event_refuse_change();
ALTER TABLE public.audit_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_event_read ON public.audit_event AS PERMISSIVE FOR SELECT TO audit_reader USING (
CASE ( SELECT current_setting('audit.reads'::text, true) AS current_setting)
    WHEN 'all'::text THEN true
    WHEN 'tenants'::text THEN (tenant_id IN ( SELECT unnest((( SELECT current_setting('audit.reads_of'::text, true) AS current_setting))::text[]) AS unnest))
    WHEN 'subject'::text THEN ((( SELECT current_setting('audit.reads_of'::text, true) AS current_setting) = actor_id) OR (( SELECT current_setting('audit.reads_of'::text, true) AS current_setting) = on_behalf_of_id) OR (( SELECT current_setting('audit.reads_of'::text, true) AS current_setting) =
    CASE
        WHEN (resource_type = 'user'::text) THEN resource_id
        ELSE NULL::text
    END))
    ELSE false
END);
CREATE POLICY audit_event_write ON public.audit_event AS PERMISSIVE FOR INSERT TO audit_sequencer WITH CHECK (true);
GRANT DELETE, INSERT, MAINTAIN, SELECT ON TABLE public.audit_event TO OWNER;
GRANT INSERT ON TABLE public.audit_event TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_event TO audit_reader;
GRANT UPDATE (actor_id) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (actor_name) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (credential_id) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (credential_kind) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (credential_scopes) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (ip) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (on_behalf_of) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (personal) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (personal_salt) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (reason) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (request_id) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (resource_id) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (resource_name) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (session_id) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (trace_id) ON TABLE public.audit_event TO OWNER;
GRANT UPDATE (user_agent) ON TABLE public.audit_event TO OWNER;

CREATE TABLE public.audit_head (
  size bigint NOT NULL,
  signed bigint NOT NULL,
  sealed_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  writer_keys text[] NOT NULL DEFAULT '{}'::text[],
  own_types jsonb,
  is_only boolean NOT NULL DEFAULT true,
  CONSTRAINT audit_head_pkey PRIMARY KEY (is_only),
  CONSTRAINT audit_head_check CHECK ((size >= signed)),
  CONSTRAINT audit_head_is_only_check CHECK (is_only),
  CONSTRAINT audit_head_signed_check CHECK ((signed >= 0))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_head TO OWNER;
GRANT SELECT (writer_keys) ON TABLE public.audit_head TO audit_writer;
GRANT SELECT ON TABLE public.audit_head TO audit_keeper;
GRANT SELECT ON TABLE public.audit_head TO audit_reader;
GRANT SELECT, UPDATE ON TABLE public.audit_head TO audit_sequencer;

CREATE TABLE public.audit_inbox (
  "position" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
  stored_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  version smallint NOT NULL,
  seed bytea NOT NULL,
  mac bytea,
  body text,
  packed bytea,
  bytes integer,
  lines smallint,
  events integer GENERATED ALWAYS AS (COALESCE((lines)::integer, ((1 + octet_length(body)) - octet_length(replace(body, '
'::text, ''::text))))) STORED,
  CONSTRAINT audit_inbox_pkey PRIMARY KEY ("position"),
  CONSTRAINT audit_inbox_body_check CHECK ((octet_length(body) <= 2097152)),
  CONSTRAINT audit_inbox_bytes_check CHECK (((bytes >= 1) AND (bytes <= 2097152))),
  CONSTRAINT audit_inbox_check CHECK (((num_nulls(body, packed) = 1) AND (num_nulls(packed, bytes, lines) = ANY (ARRAY[0, 3])))),
  CONSTRAINT audit_inbox_events_check CHECK ((events <= 1000)),
  CONSTRAINT audit_inbox_lines_check CHECK ((lines >= 1)),
  CONSTRAINT audit_inbox_mac_check CHECK ((octet_length(mac) = 32)),
  CONSTRAINT audit_inbox_packed_check CHECK ((octet_length(packed) <= 1572864)),
  CONSTRAINT audit_inbox_seed_check CHECK ((octet_length(seed) = 16)),
  CONSTRAINT audit_inbox_version_check CHECK ((version = 1))
) WITH (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=200, autovacuum_vacuum_insert_scale_factor=0, autovacuum_vacuum_insert_threshold=20000, autovacuum_analyze_scale_factor=0, autovacuum_analyze_threshold=100000, autovacuum_vacuum_cost_delay=0);
CREATE INDEX audit_inbox_transaction ON public.audit_inbox USING btree (transaction);
CREATE CONSTRAINT TRIGGER audit_inbox_in_block AFTER INSERT ON public.audit_inbox DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((current_setting('audit.accepted_at'::text, true) <> ''::text)) EXECUTE FUNCTION public.audit_inbox_refuse_autocommit();
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_inbox TO OWNER;
GRANT DELETE, SELECT ON TABLE public.audit_inbox TO audit_sequencer;
GRANT INSERT (body) ON TABLE public.audit_inbox TO audit_keeper;
GRANT INSERT (body) ON TABLE public.audit_inbox TO audit_sequencer;
GRANT INSERT (body) ON TABLE public.audit_inbox TO audit_writer;
GRANT INSERT (bytes) ON TABLE public.audit_inbox TO audit_keeper;
GRANT INSERT (bytes) ON TABLE public.audit_inbox TO audit_sequencer;
GRANT INSERT (bytes) ON TABLE public.audit_inbox TO audit_writer;
GRANT INSERT (lines) ON TABLE public.audit_inbox TO audit_keeper;
GRANT INSERT (lines) ON TABLE public.audit_inbox TO audit_sequencer;
GRANT INSERT (lines) ON TABLE public.audit_inbox TO audit_writer;
GRANT INSERT (mac) ON TABLE public.audit_inbox TO audit_keeper;
GRANT INSERT (mac) ON TABLE public.audit_inbox TO audit_sequencer;
GRANT INSERT (mac) ON TABLE public.audit_inbox TO audit_writer;
GRANT INSERT (packed) ON TABLE public.audit_inbox TO audit_keeper;
GRANT INSERT (packed) ON TABLE public.audit_inbox TO audit_sequencer;
GRANT INSERT (packed) ON TABLE public.audit_inbox TO audit_writer;
GRANT INSERT (seed) ON TABLE public.audit_inbox TO audit_keeper;
GRANT INSERT (seed) ON TABLE public.audit_inbox TO audit_sequencer;
GRANT INSERT (seed) ON TABLE public.audit_inbox TO audit_writer;
GRANT INSERT (version) ON TABLE public.audit_inbox TO audit_sequencer;
GRANT INSERT (version) ON TABLE public.audit_inbox TO audit_writer;
GRANT INSERT (version), SELECT (version) ON TABLE public.audit_inbox TO audit_keeper;
GRANT SELECT ("position") ON TABLE public.audit_inbox TO audit_keeper;
GRANT SELECT ("position") ON TABLE public.audit_inbox TO audit_reader;
GRANT SELECT (events) ON TABLE public.audit_inbox TO audit_keeper;
GRANT SELECT (events) ON TABLE public.audit_inbox TO audit_reader;
GRANT SELECT (stored_at) ON TABLE public.audit_inbox TO audit_keeper;
GRANT SELECT (stored_at) ON TABLE public.audit_inbox TO audit_reader;
GRANT SELECT (version) ON TABLE public.audit_inbox TO audit_reader;

CREATE TABLE public.audit_ingest (
  subject text NOT NULL,
  sequence bigint NOT NULL DEFAULT 0,
  envelope bytea,
  stored_at timestamp(3) with time zone,
  problem text,
  CONSTRAINT audit_ingest_pkey PRIMARY KEY (subject),
  CONSTRAINT audit_ingest_check CHECK (((sequence = 0) = (envelope IS NULL))),
  CONSTRAINT audit_ingest_envelope_check CHECK ((length(envelope) = 32)),
  CONSTRAINT audit_ingest_sequence_check CHECK ((sequence >= 0))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_ingest TO OWNER;
GRANT INSERT, SELECT, UPDATE ON TABLE public.audit_ingest TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_ingest TO audit_reader;

CREATE TABLE public.audit_leaf (
  index bigint NOT NULL,
  event_id uuid NOT NULL,
  leaf_hash bytea NOT NULL,
  CONSTRAINT audit_leaf_pkey PRIMARY KEY (index),
  CONSTRAINT audit_leaf_event_id_index_key UNIQUE (event_id) INCLUDE (index),
  CONSTRAINT audit_leaf_index_check CHECK ((index >= 0)),
  CONSTRAINT audit_leaf_leaf_hash_check CHECK ((length(leaf_hash) = 32))
);
CREATE TRIGGER audit_leaf_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_leaf FOR EACH STATEMENT EXECUTE FUNCTION public.audit_log_refuse_change();
GRANT INSERT, MAINTAIN, SELECT ON TABLE public.audit_leaf TO OWNER;
GRANT INSERT, SELECT ON TABLE public.audit_leaf TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_leaf TO audit_keeper;
GRANT SELECT ON TABLE public.audit_leaf TO audit_reader;

CREATE TABLE public.audit_legal_hold (
  id uuid NOT NULL,
  placed_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  placed_by text NOT NULL,
  reason text NOT NULL,
  until timestamp(3) with time zone,
  tenant_id text,
  actor_id text,
  resource_type text,
  resource_id text,
  occurred_from timestamp(3) with time zone,
  occurred_to timestamp(3) with time zone,
  released_at timestamp(3) with time zone,
  released_by text,
  release_reason text,
  placed_act text,
  released_act text,
  CONSTRAINT audit_legal_hold_pkey PRIMARY KEY (id),
  CONSTRAINT audit_legal_hold_check CHECK ((num_nonnulls(tenant_id, actor_id, resource_type, occurred_from, occurred_to) > 0)),
  CONSTRAINT audit_legal_hold_check1 CHECK (((resource_id IS NULL) OR (resource_type IS NOT NULL)))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_legal_hold TO OWNER;
GRANT INSERT, SELECT ON TABLE public.audit_legal_hold TO audit_keeper;
GRANT SELECT ON TABLE public.audit_legal_hold TO audit_reader;
GRANT UPDATE (release_reason) ON TABLE public.audit_legal_hold TO audit_keeper;
GRANT UPDATE (released_act) ON TABLE public.audit_legal_hold TO audit_keeper;
GRANT UPDATE (released_at) ON TABLE public.audit_legal_hold TO audit_keeper;
GRANT UPDATE (released_by) ON TABLE public.audit_legal_hold TO audit_keeper;

CREATE TABLE public.audit_once (
  hash bytea NOT NULL,
  event_id uuid NOT NULL,
  taken_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT audit_once_pkey PRIMARY KEY (hash),
  CONSTRAINT audit_once_hash_check CHECK ((length(hash) = 32))
);
CREATE INDEX audit_once_taken_at ON public.audit_once USING btree (taken_at);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_once TO OWNER;
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.audit_once TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_once TO audit_reader;

CREATE TABLE public.audit_parked (
  number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  parked_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  stored_at timestamp(3) with time zone NOT NULL,
  reason text NOT NULL,
  version smallint NOT NULL,
  seed bytea NOT NULL,
  mac bytea,
  line text NOT NULL,
  CONSTRAINT audit_parked_pkey PRIMARY KEY (number)
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_parked TO OWNER;
GRANT DELETE, INSERT, SELECT ON TABLE public.audit_parked TO audit_sequencer;
GRANT SELECT (number) ON TABLE public.audit_parked TO audit_reader;
GRANT SELECT (parked_at) ON TABLE public.audit_parked TO audit_reader;
GRANT SELECT (reason) ON TABLE public.audit_parked TO audit_reader;
GRANT SELECT (stored_at) ON TABLE public.audit_parked TO audit_reader;
GRANT SELECT ON TABLE public.audit_parked TO audit_keeper;

CREATE TABLE public.audit_publication (
  destination text NOT NULL,
  size bigint NOT NULL,
  root bytea NOT NULL,
  published_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT audit_publication_pkey PRIMARY KEY (destination)
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_publication TO OWNER;
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.audit_publication TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_publication TO audit_reader;

CREATE TABLE public.audit_retired_range (
  retirement_id uuid NOT NULL,
  first_index bigint NOT NULL,
  last_index bigint NOT NULL,
  CONSTRAINT audit_retired_range_pkey PRIMARY KEY (retirement_id, first_index),
  CONSTRAINT audit_retired_range_retirement_id_fkey FOREIGN KEY (retirement_id) REFERENCES public.audit_retirement(id) ON DELETE CASCADE,
  CONSTRAINT audit_retired_range_check CHECK ((last_index >= first_index)),
  CONSTRAINT audit_retired_range_first_index_check CHECK ((first_index >= 0))
);
CREATE INDEX audit_retired_range_last ON public.audit_retired_range USING btree (last_index);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_retired_range TO OWNER;
GRANT SELECT ON TABLE public.audit_retired_range TO audit_keeper;
GRANT SELECT ON TABLE public.audit_retired_range TO audit_reader;

CREATE TABLE public.audit_retirement (
  id uuid NOT NULL,
  kind text NOT NULL,
  partition text NOT NULL,
  policy text NOT NULL,
  as_of timestamp(3) with time zone NOT NULL,
  cutoff timestamp(3) with time zone NOT NULL,
  events bigint NOT NULL DEFAULT 0,
  first_index bigint,
  last_index bigint,
  indexes_digest text,
  archive text NOT NULL,
  event_id uuid,
  entry bytea,
  state text NOT NULL DEFAULT 'planned'::text,
  retired_through bigint NOT NULL DEFAULT '-1'::integer,
  kept_before text,
  planned_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  archived_at timestamp(3) with time zone,
  announced_at timestamp(3) with time zone,
  retired_at timestamp(3) with time zone,
  CONSTRAINT audit_retirement_pkey PRIMARY KEY (id),
  CONSTRAINT audit_retirement_check CHECK (((state = 'planned'::text) OR (num_nulls(event_id, entry) = 0))),
  CONSTRAINT audit_retirement_kind_check CHECK ((kind = ANY (ARRAY['month'::text, 'rows'::text]))),
  CONSTRAINT audit_retirement_state_check CHECK ((state = ANY (ARRAY['planned'::text, 'archived'::text, 'announced'::text, 'retired'::text])))
);
CREATE UNIQUE INDEX audit_retirement_one_open ON public.audit_retirement USING btree (partition) WHERE (state <> 'retired'::text);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_retirement TO OWNER;
GRANT SELECT ON TABLE public.audit_retirement TO audit_keeper;
GRANT SELECT ON TABLE public.audit_retirement TO audit_reader;
GRANT UPDATE (kept_before) ON TABLE public.audit_retirement TO audit_keeper;

CREATE TABLE public.audit_row_baseline (
  id uuid NOT NULL,
  "position" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  taken_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  schema_name text NOT NULL,
  table_name text NOT NULL,
  table_oid oid,
  key text[] NOT NULL,
  columns text[] NOT NULL,
  ignored text[] NOT NULL,
  labels text[] NOT NULL,
  cluster text NOT NULL,
  snapshot text NOT NULL,
  rows bigint,
  digest text NOT NULL,
  CONSTRAINT audit_row_baseline_pkey PRIMARY KEY (id)
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_row_baseline TO OWNER;
GRANT INSERT, SELECT ON TABLE public.audit_row_baseline TO audit_writer;
GRANT SELECT ON TABLE public.audit_row_baseline TO audit_reader;
GRANT SELECT ON TABLE public.audit_row_baseline TO audit_sequencer;

CREATE TABLE public.audit_row_baseline_digest (
  baseline uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  digest bytea NOT NULL,
  CONSTRAINT audit_row_baseline_digest_digest_check CHECK ((length(digest) = 32))
);
CREATE INDEX audit_row_baseline_digest_of ON public.audit_row_baseline_digest USING btree (baseline);
ALTER TABLE public.audit_row_baseline_digest ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_row_baseline_digest_forget ON public.audit_row_baseline_digest AS PERMISSIVE FOR ALL TO audit_sequencer USING (true);
CREATE POLICY audit_row_baseline_digest_read ON public.audit_row_baseline_digest AS PERMISSIVE FOR SELECT TO audit_reader USING ((( SELECT current_setting('audit.reads'::text, true) AS current_setting) = 'all'::text));
CREATE POLICY audit_row_baseline_digest_write ON public.audit_row_baseline_digest AS PERMISSIVE FOR INSERT TO audit_writer WITH CHECK (true);
GRANT DELETE ON TABLE public.audit_row_baseline_digest TO audit_sequencer;
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_row_baseline_digest TO OWNER;
GRANT INSERT ON TABLE public.audit_row_baseline_digest TO audit_writer;
GRANT SELECT (baseline) ON TABLE public.audit_row_baseline_digest TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_row_baseline_digest TO audit_reader;

CREATE TABLE public.audit_row_change (
  "position" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
  begun_at timestamp(3) with time zone NOT NULL DEFAULT transaction_timestamp(),
  changed_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  operation text NOT NULL,
  source json NOT NULL,
  origin json NOT NULL,
  statement_rows bigint NOT NULL,
  changes integer NOT NULL,
  unpaired integer NOT NULL DEFAULT 0,
  lines text NOT NULL,
  CONSTRAINT audit_row_change_pkey PRIMARY KEY ("position")
) WITH (toast_tuple_target=8160);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_row_change TO OWNER;
GRANT DELETE, INSERT, SELECT ON TABLE public.audit_row_change TO audit_sequencer;
GRANT INSERT (changes) ON TABLE public.audit_row_change TO audit_writer;
GRANT INSERT (lines) ON TABLE public.audit_row_change TO audit_writer;
GRANT INSERT (operation) ON TABLE public.audit_row_change TO audit_writer;
GRANT INSERT (origin) ON TABLE public.audit_row_change TO audit_writer;
GRANT INSERT (source) ON TABLE public.audit_row_change TO audit_writer;
GRANT INSERT (statement_rows) ON TABLE public.audit_row_change TO audit_writer;
GRANT INSERT (unpaired), SELECT (unpaired) ON TABLE public.audit_row_change TO audit_writer;
GRANT SELECT ("position") ON TABLE public.audit_row_change TO audit_reader;
GRANT SELECT (changed_at) ON TABLE public.audit_row_change TO audit_reader;
GRANT SELECT (changes) ON TABLE public.audit_row_change TO audit_reader;
GRANT SELECT (transaction) ON TABLE public.audit_row_change TO audit_keeper;

CREATE TABLE public.audit_row_change_parked (
  "position" bigint NOT NULL,
  parked_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  error text NOT NULL,
  row_keys text[] NOT NULL,
  transaction xid8 NOT NULL,
  begun_at timestamp(3) with time zone NOT NULL,
  changed_at timestamp(3) with time zone NOT NULL,
  operation text NOT NULL,
  source jsonb NOT NULL,
  origin jsonb NOT NULL,
  statement_rows bigint NOT NULL,
  changes integer NOT NULL,
  lines text NOT NULL,
  CONSTRAINT audit_row_change_parked_pkey PRIMARY KEY ("position")
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_row_change_parked TO OWNER;
GRANT DELETE, INSERT, SELECT ON TABLE public.audit_row_change_parked TO audit_sequencer;
GRANT SELECT ("position") ON TABLE public.audit_row_change_parked TO audit_reader;
GRANT SELECT (changes) ON TABLE public.audit_row_change_parked TO audit_reader;
GRANT SELECT (error) ON TABLE public.audit_row_change_parked TO audit_reader;
GRANT SELECT (parked_at) ON TABLE public.audit_row_change_parked TO audit_reader;
GRANT SELECT (source) ON TABLE public.audit_row_change_parked TO audit_reader;

CREATE TABLE public.audit_row_image (
  event_id uuid NOT NULL,
  before jsonb,
  after jsonb,
  CONSTRAINT audit_row_image_pkey PRIMARY KEY (event_id)
);
ALTER TABLE public.audit_row_image ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_row_image_read ON public.audit_row_image AS PERMISSIVE FOR SELECT TO audit_reader USING ((EXISTS ( SELECT
   FROM public.audit_event e
  WHERE (e.id = audit_row_image.event_id))));
CREATE POLICY audit_row_image_write ON public.audit_row_image AS PERMISSIVE FOR INSERT TO audit_sequencer WITH CHECK (true);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_row_image TO OWNER;
GRANT INSERT ON TABLE public.audit_row_image TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_row_image TO audit_reader;

CREATE TABLE public.audit_row_retired (
  schema_name text NOT NULL,
  table_name text NOT NULL,
  key text COLLATE "C" NOT NULL,
  digest text NOT NULL,
  is_gone boolean NOT NULL,
  transaction text NOT NULL,
  event_id uuid NOT NULL,
  CONSTRAINT audit_row_retired_pkey PRIMARY KEY (schema_name, table_name, key)
);
ALTER TABLE public.audit_row_retired ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_row_retired_keep ON public.audit_row_retired AS PERMISSIVE FOR SELECT TO audit_keeper USING (true);
CREATE POLICY audit_row_retired_read ON public.audit_row_retired AS PERMISSIVE FOR SELECT TO audit_reader USING ((( SELECT current_setting('audit.reads'::text, true) AS current_setting) = 'all'::text));
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_row_retired TO OWNER;
GRANT SELECT ON TABLE public.audit_row_retired TO audit_keeper;
GRANT SELECT ON TABLE public.audit_row_retired TO audit_reader;

CREATE TABLE public.audit_row_salt (
  salt bytea NOT NULL,
  CONSTRAINT audit_row_salt_salt_check CHECK ((length(salt) = 32))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_row_salt TO OWNER;
GRANT SELECT ON TABLE public.audit_row_salt TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_row_salt TO audit_writer;

CREATE TABLE public.audit_signing_key (
  verifier_key text NOT NULL,
  first_used_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT audit_signing_key_pkey PRIMARY KEY (verifier_key)
);
CREATE TRIGGER audit_signing_key_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_signing_key FOR EACH STATEMENT EXECUTE FUNCTION public.audit_log_refuse_change();
GRANT INSERT, MAINTAIN, SELECT ON TABLE public.audit_signing_key TO OWNER;
GRANT INSERT, SELECT ON TABLE public.audit_signing_key TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_signing_key TO audit_reader;

CREATE TABLE public.audit_tile (
  level smallint NOT NULL,
  index bigint NOT NULL,
  width smallint NOT NULL,
  hashes bytea NOT NULL,
  CONSTRAINT audit_tile_pkey PRIMARY KEY (level, index),
  CONSTRAINT audit_tile_check CHECK ((length(hashes) = (32 * width))),
  CONSTRAINT audit_tile_index_check CHECK ((index >= 0)),
  CONSTRAINT audit_tile_level_check CHECK ((level >= 0)),
  CONSTRAINT audit_tile_width_check CHECK (((width >= 1) AND (width <= 256)))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_tile TO OWNER;
GRANT INSERT, SELECT, UPDATE ON TABLE public.audit_tile TO audit_sequencer;
GRANT SELECT ON TABLE public.audit_tile TO audit_reader;

CREATE TABLE public.auth_api_key (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  name text NOT NULL,
  key_hash bytea NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  revoked_at timestamp with time zone,
  CONSTRAINT auth_api_key_pkey PRIMARY KEY (id),
  CONSTRAINT auth_api_key_key_hash_key UNIQUE (key_hash),
  CONSTRAINT auth_api_key_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.auth_user(id) ON DELETE CASCADE,
  CONSTRAINT auth_api_key_key_hash_check CHECK ((octet_length(key_hash) = 32)),
  CONSTRAINT auth_api_key_name_check CHECK (((name <> ''::text) AND (length(name) <= 200)))
);
CREATE INDEX auth_api_key_user_id_idx ON public.auth_api_key USING btree (user_id);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.auth_api_key TO OWNER;

CREATE TABLE public.auth_session (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  token_hash bytea NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone,
  ip inet,
  user_agent text,
  CONSTRAINT auth_session_pkey PRIMARY KEY (id),
  CONSTRAINT auth_session_token_hash_key UNIQUE (token_hash),
  CONSTRAINT auth_session_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.auth_user(id) ON DELETE CASCADE,
  CONSTRAINT auth_session_token_hash_check CHECK ((octet_length(token_hash) = 32))
);
CREATE INDEX auth_session_user_id_idx ON public.auth_session USING btree (user_id);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.auth_session TO OWNER;

CREATE TABLE public.auth_user (
  id uuid NOT NULL,
  email text NOT NULL,
  name text NOT NULL,
  password_hash text NOT NULL,
  roles text[] NOT NULL DEFAULT ARRAY['user'::text],
  active boolean NOT NULL DEFAULT true,
  failed_logins integer NOT NULL DEFAULT 0,
  locked_until timestamp with time zone,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT auth_user_pkey PRIMARY KEY (id),
  CONSTRAINT auth_user_email_check CHECK (((email = btrim(email)) AND (email ~~ '%_@_%'::text) AND (length(email) <= 320))),
  CONSTRAINT auth_user_failed_logins_check CHECK ((failed_logins >= 0)),
  CONSTRAINT auth_user_name_check CHECK (((name <> ''::text) AND (length(name) <= 200))),
  CONSTRAINT auth_user_password_hash_check CHECK ((password_hash ~~ '$argon2id$%'::text)),
  CONSTRAINT auth_user_roles_check CHECK (((roles <@ ARRAY['user'::text, 'admin'::text, 'auditor'::text]) AND (array_position(roles, NULL::text) IS NULL)))
);
CREATE UNIQUE INDEX auth_user_email_key ON public.auth_user USING btree (lower(email));
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.auth_user TO OWNER;

CREATE TABLE public.catalog_product (
  id uuid NOT NULL,
  sku text NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  price_cents integer NOT NULL,
  stock integer NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT catalog_product_pkey PRIMARY KEY (id),
  CONSTRAINT catalog_product_sku_key UNIQUE (sku),
  CONSTRAINT catalog_product_description_length CHECK ((char_length(description) <= 2000)),
  CONSTRAINT catalog_product_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  CONSTRAINT catalog_product_price_cents_range CHECK (((price_cents >= 0) AND (price_cents <= 100000000))),
  CONSTRAINT catalog_product_sku_length CHECK (((char_length(sku) >= 1) AND (char_length(sku) <= 64))),
  CONSTRAINT catalog_product_stock_not_negative CHECK ((stock >= 0))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.catalog_product TO OWNER;

CREATE TABLE public.order_timeline (
  id uuid NOT NULL,
  order_id uuid NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  type text NOT NULL,
  outcome text NOT NULL,
  actor_type text NOT NULL,
  actor_id text,
  reason text,
  details jsonb NOT NULL,
  CONSTRAINT order_timeline_pkey PRIMARY KEY (id)
);
CREATE INDEX order_timeline_order_id_id_idx ON public.order_timeline USING btree (order_id, id);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.order_timeline TO OWNER;

CREATE TABLE public.orders_order (
  id uuid NOT NULL,
  owner_id uuid NOT NULL,
  store_id uuid,
  status text NOT NULL,
  items jsonb NOT NULL,
  total_cents bigint NOT NULL,
  cancel_reason text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT orders_order_pkey PRIMARY KEY (id),
  CONSTRAINT orders_order_cancel_reason_of_canceled CHECK (((cancel_reason IS NULL) OR (status = 'canceled'::text))),
  CONSTRAINT orders_order_status_known CHECK ((status = ANY (ARRAY['new'::text, 'paid'::text, 'shipped'::text, 'canceled'::text]))),
  CONSTRAINT orders_order_total_cents_safe CHECK (((total_cents >= 0) AND (total_cents <= '9007199254740991'::bigint)))
);
CREATE INDEX orders_order_owner_id_id_idx ON public.orders_order USING btree (owner_id, id DESC);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.orders_order TO OWNER;

CREATE TABLE public.orders_payment (
  id uuid NOT NULL,
  order_id uuid NOT NULL,
  amount_cents bigint NOT NULL,
  refunded_cents bigint NOT NULL,
  last4 text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT orders_payment_pkey PRIMARY KEY (id),
  CONSTRAINT orders_payment_order_id_key UNIQUE (order_id),
  CONSTRAINT orders_payment_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders_order(id) ON DELETE CASCADE,
  CONSTRAINT orders_payment_amount_cents_safe CHECK (((amount_cents >= 0) AND (amount_cents <= '9007199254740991'::bigint))),
  CONSTRAINT orders_payment_last4_form CHECK ((last4 ~ '^[0-9]{4}$'::text)),
  CONSTRAINT orders_payment_refunded_cents_range CHECK (((refunded_cents >= 0) AND (refunded_cents <= amount_cents)))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.orders_payment TO OWNER;

CREATE TABLE public.security_log (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  type text NOT NULL,
  outcome text NOT NULL,
  reason text,
  ip inet,
  user_agent text,
  CONSTRAINT security_log_pkey PRIMARY KEY (id),
  CONSTRAINT security_log_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.auth_user(id) ON DELETE CASCADE,
  CONSTRAINT security_log_outcome_check CHECK ((outcome = ANY (ARRAY['attempted'::text, 'success'::text, 'failure'::text, 'denied'::text, 'partial'::text]))),
  CONSTRAINT security_log_type_check CHECK ((type <> ''::text))
);
CREATE INDEX security_log_user_id_id_idx ON public.security_log USING btree (user_id, id DESC);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.security_log TO OWNER;

CREATE TABLE public.tenancy_member (
  store_id uuid NOT NULL,
  user_id uuid NOT NULL,
  role text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT tenancy_member_pkey PRIMARY KEY (store_id, user_id),
  CONSTRAINT tenancy_member_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.tenancy_store(id) ON DELETE CASCADE,
  CONSTRAINT tenancy_member_role_form CHECK ((role ~ '^[a-z][a-z_]{1,31}$'::text))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.tenancy_member TO OWNER;

CREATE TABLE public.tenancy_role (
  store_id uuid NOT NULL,
  role text NOT NULL,
  permissions text[] NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT tenancy_role_pkey PRIMARY KEY (store_id, role),
  CONSTRAINT tenancy_role_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.tenancy_store(id) ON DELETE CASCADE,
  CONSTRAINT tenancy_role_permissions_count CHECK ((cardinality(permissions) <= 100)),
  CONSTRAINT tenancy_role_role_form CHECK ((role ~ '^[a-z][a-z_]{1,31}$'::text))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.tenancy_role TO OWNER;

CREATE TABLE public.tenancy_store (
  id uuid NOT NULL,
  name text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT tenancy_store_pkey PRIMARY KEY (id),
  CONSTRAINT tenancy_store_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.tenancy_store TO OWNER;
