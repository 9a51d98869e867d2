-- Reads. Row-level security limits which events it sees.
GRANT SELECT ON audit_event, audit_unsequenced, audit_leaf, audit_tile, audit_checkpoint, audit_signing_key, audit_cosignature,
  audit_publication, audit_act, audit_legal_hold, audit_retirement, audit_retired_range, audit_erased TO audit_reader;
-- The requested and completed erasures, without the identifiers of the person.
GRANT SELECT (id, subject, requested_by, reason, act, certificate) ON audit_erasure TO audit_reader;
-- The views that row-level security shows.
GRANT SELECT ON audit_view TO audit_reader;
