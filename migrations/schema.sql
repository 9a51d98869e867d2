-- The schema that the migrations make. Written by `npm run schema`; do not edit.
-- OWNER stands for the role that migrates. Without the partitions, which depend on the date, and without TypeORM's own
-- table `migrations`.

CREATE OR REPLACE FUNCTION public.audit_event_append(batch jsonb)
 RETURNS TABLE(code text, message text, "constraint" text, "column" text)
 LANGUAGE plpgsql
 SET search_path TO '$user', 'public'
AS $function$
  BEGIN
    INSERT INTO audit_event SELECT * FROM jsonb_populate_recordset(NULL::audit_event, batch) ON CONFLICT DO NOTHING;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
      code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, "constraint" = CONSTRAINT_NAME, "column" = COLUMN_NAME;
    RETURN NEXT;
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_event_append(jsonb) TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_event_append(jsonb) TO PUBLIC;
GRANT EXECUTE ON FUNCTION public.audit_event_append(jsonb) TO audit_writer;

CREATE OR REPLACE FUNCTION public.audit_event_enqueue()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  BEGIN
    INSERT INTO audit_unsequenced (event_ids, leaf_hashes)
      SELECT array_agg(id ORDER BY id), array_agg(leaf_hash ORDER BY id) FROM stored HAVING count(*) > 0;
    RETURN NULL;
  END $function$;
GRANT EXECUTE ON FUNCTION public.audit_event_enqueue() TO OWNER;
GRANT EXECUTE ON FUNCTION public.audit_event_enqueue() TO PUBLIC;

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
  BEGIN
    IF first_day < '2020-01-01' THEN
      partition := 'audit_event_before_2020';
      lower_bound := 'MINVALUE';
      upper_bound := format('%L', audit_event_first_id('2020-01-01 00:00:00Z'));
    ELSIF first_day >= '2100-01-01' THEN
      partition := 'audit_event_from_2100';
      lower_bound := format('%L', audit_event_first_id('2100-01-01 00:00:00Z'));
      upper_bound := 'MAXVALUE';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('audit_event_make_partition'));
    IF to_regclass(quote_ident(partition)) IS NOT NULL THEN
      RETURN NULL;
    END IF;
    -- Attached, since CREATE TABLE … PARTITION OF would hold every writer and reader up.
    EXECUTE format('CREATE TABLE %I (LIKE audit_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
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
GRANT EXECUTE ON FUNCTION public.audit_event_make_partition(timestamp with time zone) TO audit_writer;

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
      IF OLD IS NOT DISTINCT FROM NEW THEN
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

CREATE TABLE public.admin_feature (
  name text NOT NULL,
  enabled boolean NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT admin_feature_pkey PRIMARY KEY (name),
  CONSTRAINT admin_feature_name_check CHECK ((name ~ '^[a-z][a-z0-9_.-]{0,63}$'::text))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.admin_feature TO OWNER;

CREATE TABLE public.admin_maintenance (
  single boolean NOT NULL DEFAULT true,
  enabled boolean NOT NULL,
  message text,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT admin_maintenance_pkey PRIMARY KEY (single),
  CONSTRAINT admin_maintenance_message_check CHECK ((length(message) <= 500)),
  CONSTRAINT admin_maintenance_single_check CHECK (single)
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.admin_maintenance TO OWNER;

CREATE TABLE public.admin_setting (
  key text NOT NULL,
  value jsonb NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT admin_setting_pkey PRIMARY KEY (key),
  CONSTRAINT admin_setting_key_check CHECK ((key ~ '^[a-z][a-z0-9_.-]{0,63}$'::text)),
  CONSTRAINT admin_setting_value_check CHECK ((jsonb_typeof(value) = ANY (ARRAY['string'::text, 'number'::text, 'boolean'::text])))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.admin_setting TO OWNER;

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
GRANT INSERT, SELECT ON TABLE public.audit_checkpoint TO audit_writer;
GRANT SELECT ON TABLE public.audit_checkpoint TO audit_reader;

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
GRANT INSERT, SELECT ON TABLE public.audit_cosignature TO audit_writer;
GRANT SELECT ON TABLE public.audit_cosignature TO audit_reader;

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
  on_behalf_of jsonb,
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
  changes jsonb,
  reason text,
  error jsonb,
  details jsonb NOT NULL,
  details_issues jsonb,
  metadata jsonb NOT NULL,
  truncated boolean NOT NULL,
  personal jsonb,
  personal_salt bytea,
  personal_commitment bytea,
  leaf_hash bytea NOT NULL,
  CONSTRAINT audit_event_pkey PRIMARY KEY (id),
  CONSTRAINT audit_event_actor_type_check CHECK ((actor_type = ANY (ARRAY['user'::text, 'admin'::text, 'service'::text, 'system'::text, 'anonymous'::text]))),
  CONSTRAINT audit_event_leaf_hash_check CHECK ((length(leaf_hash) = 32)),
  CONSTRAINT audit_event_outcome_check CHECK ((outcome = ANY (ARRAY['attempted'::text, 'success'::text, 'failure'::text, 'denied'::text, 'partial'::text]))),
  CONSTRAINT audit_event_personal_commitment_check CHECK ((length(personal_commitment) = 32)),
  CONSTRAINT audit_event_personal_salt_check CHECK ((length(personal_salt) = 16)),
  CONSTRAINT audit_event_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'error'::text, 'critical'::text])))
) PARTITION BY RANGE (id);
CREATE INDEX audit_event_actor ON ONLY public.audit_event USING btree (actor_id, id DESC);
CREATE INDEX audit_event_on_behalf_of ON ONLY public.audit_event USING btree (((on_behalf_of ->> 'id'::text)), id DESC) WHERE (on_behalf_of IS NOT NULL);
CREATE INDEX audit_event_request ON ONLY public.audit_event USING btree (request_id);
CREATE INDEX audit_event_resource ON ONLY public.audit_event USING btree (resource_type, resource_id, id DESC);
CREATE INDEX audit_event_tenant ON ONLY public.audit_event USING btree (tenant_id, id DESC);
CREATE INDEX audit_event_type ON ONLY public.audit_event USING btree (type, outcome, id DESC);
CREATE TRIGGER audit_event_append_only BEFORE DELETE OR UPDATE ON public.audit_event FOR EACH ROW EXECUTE FUNCTION public.audit_event_refuse_change();
CREATE TRIGGER audit_event_enqueue AFTER INSERT ON public.audit_event REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION public.audit_event_enqueue();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON public.audit_event FOR EACH STATEMENT EXECUTE FUNCTION public.audit_event_refuse_change();
ALTER TABLE public.audit_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_event_read ON public.audit_event AS PERMISSIVE FOR SELECT TO audit_reader USING (
CASE ( SELECT current_setting('audit.reads'::text, true) AS current_setting)
    WHEN 'all'::text THEN true
    WHEN 'tenants'::text THEN (tenant_id = ANY (COALESCE((( SELECT current_setting('audit.reads_of'::text, true) AS current_setting))::text[], '{}'::text[])))
    WHEN 'subject'::text THEN (((( SELECT current_setting('audit.reads_of'::text, true) AS current_setting) = actor_id) OR (( SELECT current_setting('audit.reads_of'::text, true) AS current_setting) = (on_behalf_of ->> 'id'::text))) OR (( SELECT current_setting('audit.reads_of'::text, true) AS current_setting) =
    CASE
        WHEN (resource_type = 'user'::text) THEN resource_id
        ELSE NULL::text
    END))
    ELSE false
END);
CREATE POLICY audit_event_write ON public.audit_event AS PERMISSIVE FOR INSERT TO audit_writer WITH CHECK (true);
GRANT INSERT ON TABLE public.audit_event TO audit_writer;
GRANT INSERT, MAINTAIN, SELECT ON TABLE public.audit_event TO OWNER;
GRANT SELECT ON TABLE public.audit_event TO audit_reader;

CREATE TABLE public.audit_leaf (
  index bigint NOT NULL,
  event_id uuid NOT NULL,
  leaf_hash bytea NOT NULL,
  CONSTRAINT audit_leaf_pkey PRIMARY KEY (index),
  CONSTRAINT audit_leaf_event_id_key UNIQUE (event_id),
  CONSTRAINT audit_leaf_index_check CHECK ((index >= 0)),
  CONSTRAINT audit_leaf_leaf_hash_check CHECK ((length(leaf_hash) = 32))
);
CREATE TRIGGER audit_leaf_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_leaf FOR EACH STATEMENT EXECUTE FUNCTION public.audit_log_refuse_change();
GRANT INSERT, MAINTAIN, SELECT ON TABLE public.audit_leaf TO OWNER;
GRANT INSERT, SELECT ON TABLE public.audit_leaf TO audit_writer;
GRANT SELECT ON TABLE public.audit_leaf TO audit_reader;

CREATE TABLE public.audit_publication (
  destination text NOT NULL,
  size bigint NOT NULL,
  root bytea NOT NULL,
  published_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT audit_publication_pkey PRIMARY KEY (destination)
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_publication TO OWNER;
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.audit_publication TO audit_writer;
GRANT SELECT ON TABLE public.audit_publication TO audit_reader;

CREATE TABLE public.audit_signing_key (
  verifier_key text NOT NULL,
  first_used_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT audit_signing_key_pkey PRIMARY KEY (verifier_key)
);
CREATE TRIGGER audit_signing_key_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_signing_key FOR EACH STATEMENT EXECUTE FUNCTION public.audit_log_refuse_change();
GRANT INSERT, MAINTAIN, SELECT ON TABLE public.audit_signing_key TO OWNER;
GRANT INSERT, SELECT ON TABLE public.audit_signing_key TO audit_writer;
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
GRANT INSERT, SELECT, UPDATE ON TABLE public.audit_tile TO audit_writer;
GRANT SELECT ON TABLE public.audit_tile TO audit_reader;

CREATE TABLE public.audit_unsequenced (
  transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
  "position" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  event_ids uuid[] NOT NULL,
  leaf_hashes bytea[] NOT NULL,
  stored_at timestamp(3) with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT audit_unsequenced_pkey PRIMARY KEY (transaction, "position")
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.audit_unsequenced TO OWNER;
GRANT DELETE, SELECT ON TABLE public.audit_unsequenced TO audit_writer;
GRANT SELECT ON TABLE public.audit_unsequenced TO audit_reader;

CREATE TABLE public.auth_api_key (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  name text NOT NULL,
  key_hash bytea NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  CONSTRAINT auth_api_key_pkey PRIMARY KEY (id),
  CONSTRAINT auth_api_key_key_hash_key UNIQUE (key_hash),
  CONSTRAINT auth_api_key_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.auth_user(id) ON DELETE CASCADE,
  CONSTRAINT auth_api_key_key_hash_check CHECK ((octet_length(key_hash) = 32)),
  CONSTRAINT auth_api_key_name_check CHECK (((name <> ''::text) AND (length(name) <= 200)))
);
CREATE INDEX auth_api_key_user_id_idx ON public.auth_api_key USING btree (user_id);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.auth_api_key TO OWNER;

CREATE TABLE public.auth_one_time_token (
  token_hash bytea NOT NULL,
  user_id uuid NOT NULL,
  purpose text NOT NULL,
  email text NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT auth_one_time_token_pkey PRIMARY KEY (token_hash),
  CONSTRAINT auth_one_time_token_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.auth_user(id) ON DELETE CASCADE,
  CONSTRAINT auth_one_time_token_purpose_check CHECK ((purpose = ANY (ARRAY['password_reset'::text, 'email_verification'::text, 'email_change'::text, 'mfa_login'::text]))),
  CONSTRAINT auth_one_time_token_token_hash_check CHECK ((octet_length(token_hash) = 32))
);
CREATE INDEX auth_one_time_token_user_id_idx ON public.auth_one_time_token USING btree (user_id);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.auth_one_time_token TO OWNER;

CREATE TABLE public.auth_recovery_code (
  user_id uuid NOT NULL,
  code_hash bytea NOT NULL,
  CONSTRAINT auth_recovery_code_pkey PRIMARY KEY (user_id, code_hash),
  CONSTRAINT auth_recovery_code_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.auth_totp(user_id) ON DELETE CASCADE,
  CONSTRAINT auth_recovery_code_code_hash_check CHECK ((octet_length(code_hash) = 32))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.auth_recovery_code TO OWNER;

CREATE TABLE public.auth_refresh_token (
  token_hash bytea NOT NULL,
  session_id uuid NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  used_at timestamp with time zone,
  CONSTRAINT auth_refresh_token_pkey PRIMARY KEY (token_hash),
  CONSTRAINT auth_refresh_token_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.auth_session(id) ON DELETE CASCADE,
  CONSTRAINT auth_refresh_token_token_hash_check CHECK ((octet_length(token_hash) = 32))
);
CREATE INDEX auth_refresh_token_session_id_idx ON public.auth_refresh_token USING btree (session_id);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.auth_refresh_token TO OWNER;

CREATE TABLE public.auth_secret (
  name text NOT NULL,
  secret text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT auth_secret_pkey PRIMARY KEY (name),
  CONSTRAINT auth_secret_secret_check CHECK ((length(secret) >= 32))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.auth_secret TO OWNER;

CREATE TABLE public.auth_session (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone,
  ip inet,
  user_agent text,
  CONSTRAINT auth_session_pkey PRIMARY KEY (id),
  CONSTRAINT auth_session_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.auth_user(id) ON DELETE CASCADE,
  CONSTRAINT auth_session_check CHECK ((expires_at > created_at))
);
CREATE INDEX auth_session_user_id_idx ON public.auth_session USING btree (user_id);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.auth_session TO OWNER;

CREATE TABLE public.auth_totp (
  user_id uuid NOT NULL,
  secret text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  confirmed_at timestamp with time zone,
  last_time_step bigint NOT NULL DEFAULT 0,
  CONSTRAINT auth_totp_pkey PRIMARY KEY (user_id),
  CONSTRAINT auth_totp_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.auth_user(id) ON DELETE CASCADE,
  CONSTRAINT auth_totp_secret_check CHECK ((length(secret) >= 32))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.auth_totp TO OWNER;

CREATE TABLE public.auth_user (
  id uuid NOT NULL,
  email text NOT NULL,
  name text NOT NULL,
  password_hash text NOT NULL,
  roles text[] NOT NULL DEFAULT ARRAY['user'::text],
  active boolean NOT NULL DEFAULT true,
  email_verified_at timestamp with time zone,
  password_change_required boolean NOT NULL DEFAULT false,
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
  active boolean NOT NULL,
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

CREATE TABLE public.orders_item (
  order_id uuid NOT NULL,
  "position" smallint NOT NULL,
  sku text NOT NULL,
  quantity integer NOT NULL,
  unit_price_cents integer NOT NULL,
  product_id uuid,
  CONSTRAINT orders_item_pkey PRIMARY KEY (order_id, "position"),
  CONSTRAINT orders_item_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders_order(id) ON DELETE CASCADE,
  CONSTRAINT orders_item_position_range CHECK ((("position" >= 0) AND ("position" <= 99))),
  CONSTRAINT orders_item_quantity_range CHECK (((quantity >= 1) AND (quantity <= 10000))),
  CONSTRAINT orders_item_sku_length CHECK (((char_length(sku) >= 1) AND (char_length(sku) <= 64))),
  CONSTRAINT orders_item_unit_price_cents_range CHECK (((unit_price_cents >= 0) AND (unit_price_cents <= 100000000)))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.orders_item TO OWNER;

CREATE TABLE public.orders_order (
  id uuid NOT NULL,
  owner_id uuid NOT NULL,
  store_id uuid,
  status text NOT NULL,
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
  gateway_reference text NOT NULL,
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

CREATE TABLE public.privacy_acceptance (
  user_id uuid NOT NULL,
  document text NOT NULL,
  version text NOT NULL,
  accepted_at timestamp with time zone NOT NULL,
  CONSTRAINT privacy_acceptance_pkey PRIMARY KEY (user_id, document, version),
  CONSTRAINT privacy_acceptance_document_check CHECK ((document = ANY (ARRAY['terms'::text, 'privacy_policy'::text]))),
  CONSTRAINT privacy_acceptance_version_check CHECK (((version <> ''::text) AND (length(version) <= 32)))
);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.privacy_acceptance TO OWNER;

CREATE TABLE public.product_history (
  id uuid NOT NULL,
  product_id uuid NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  type text NOT NULL,
  outcome text NOT NULL,
  actor_type text NOT NULL,
  actor_id text,
  reason text,
  changes jsonb,
  CONSTRAINT product_history_pkey PRIMARY KEY (id)
);
CREATE INDEX product_history_product_id_id_idx ON public.product_history USING btree (product_id, id DESC);
GRANT DELETE, INSERT, MAINTAIN, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE ON TABLE public.product_history TO OWNER;

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
