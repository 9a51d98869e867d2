-- Creates the roles of this ledger. For a login that may not create roles, an administrator must create them before.
DO $$
DECLARE
  wanted text;
  needed text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['audit_writer', 'audit_sequencer', 'audit_reader', 'audit_keeper'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      END IF;
    EXCEPTION WHEN insufficient_privilege THEN
      RAISE EXCEPTION 'Cannot make the role %: % may not make roles.', wanted, current_user
        USING ERRCODE = 'insufficient_privilege', HINT = format(
          'Run "nestjs-audit-ledger migrate --admin-url <address of a role that may make roles>", which makes them. '
          'Or run as a superuser, once: CREATE ROLE audit_writer; CREATE ROLE audit_sequencer; CREATE ROLE audit_reader; '
          'CREATE ROLE audit_keeper; GRANT audit_writer, audit_sequencer, audit_reader, audit_keeper TO %I;', current_user);
    END;
    BEGIN
      IF NOT pg_has_role(current_user, wanted, needed) THEN
        EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
      END IF;
    EXCEPTION WHEN insufficient_privilege THEN
      RAISE EXCEPTION 'Cannot use the role %: % is no member of it.', wanted, current_user
        USING ERRCODE = 'insufficient_privilege', HINT = format(
          'Run as a superuser: GRANT audit_writer, audit_sequencer, audit_reader, audit_keeper TO %I;', current_user);
    END;
  END LOOP;
  EXECUTE format(
    'GRANT USAGE ON SCHEMA %I TO audit_writer, audit_sequencer, audit_reader, audit_keeper', current_schema());
END $$;
