IF TG_OP = 'TRUNCATE' THEN
    {{truncate}}
    RETURN NULL;
  END IF;
  -- Under REPEATABLE READ and SERIALIZABLE, catalogue queries return the columns as of the transaction's snapshot, but statements see the current
  -- columns. No check of the columns may be planned then: the plan would keep its result for later transactions.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    IF {{renamedSince}} THEN
      RAISE EXCEPTION 'Cannot capture the changes of %: its columns got other names since this transaction began.', TG_RELID::regclass
        USING ERRCODE = 'serialization_failure', HINT = 'Try the transaction again.';
    END IF;
    is_known := NOT {{addedSince}};
  END IF;
  -- The transition tables of the operation exist only in its own branch.
  IF TG_OP = 'UPDATE' THEN
    {{update}}
  ELSIF TG_OP = 'INSERT' THEN
    {{insert}}
  ELSE
    {{delete}}
  END IF;
  {{otherColumns}}
