-- The statement passes although its capture failed. A row of the outbox reports the failure.
  BEGIN
  {{work}}
  EXCEPTION WHEN OTHERS THEN
    IF TG_OP = 'TRUNCATE' THEN RAISE; END IF;
    BEGIN
      INSERT INTO {{outbox}} (operation, source, origin, statement_rows, changes, lines)
      VALUES ('FAILED', {{source}}, json_build_object('role', session_user, 'operation', TG_OP, 'sqlState', SQLSTATE), 0, 1, '[]');
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'Cannot capture the changes of %, nor report it: %', TG_RELID::regclass, SQLERRM;
    END;
  END;
