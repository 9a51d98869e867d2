-- PUBLIC has no right on any table.
REVOKE ALL ON audit_event, audit_inbox, audit_parked, audit_once, audit_head, audit_leaf, audit_tile, audit_checkpoint, audit_signing_key, audit_cosignature,
  audit_act, audit_publication, audit_consumer, audit_consumer_parked, audit_legal_hold, audit_retirement, audit_retired_range, audit_erasure, audit_erasure_list,
  audit_erased FROM PUBLIC;

-- Even the owner may not change append-only tables.
REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER
  ON audit_event, audit_leaf, audit_checkpoint, audit_signing_key, audit_cosignature, audit_act, audit_erased FROM CURRENT_USER;

-- The exceptions are for audit_retire and audit_erase, which run with the owner's rights. A trigger limits these two functions.
GRANT DELETE ON audit_event TO CURRENT_USER;
GRANT UPDATE (personal, personal_salt, {{personal}}, {{classified}}) ON audit_event TO CURRENT_USER;
