-- The erasures, by which one resumes after a crash. identifiers: kept until it is done. position: the last event that it
-- looked at in this state. acts: the numbers of the acts by which it erased.
CREATE TABLE audit_erasure (
  id uuid PRIMARY KEY,
  subject text NOT NULL,
  identifiers text[],
  requested_by jsonb NOT NULL,
  reason text NOT NULL,
  dry_run boolean NOT NULL,
  state text NOT NULL DEFAULT 'planned' CHECK (state IN
    ('planned', 'erasing', 'searching', 'archives', 'providers', 'recording', 'sealing', 'done')),
  requested_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  starts_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  started_at timestamptz(3),
  finished_at timestamptz(3),
  until uuid,
  horizon xid8,
  -- The transactions that were under way then, by their virtual ids: they may keep events that they write with their commit.
  transactions jsonb NOT NULL DEFAULT '[]',
  position uuid,
  counts jsonb NOT NULL DEFAULT '{}',
  remains jsonb NOT NULL DEFAULT '{}',
  checkpoint_before text,
  event_id uuid,
  certificate text,
  problem text,
  is_replay boolean NOT NULL DEFAULT false,
  acts bigint[] NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_erasure_open ON audit_erasure (starts_at) WHERE state <> 'done';
CREATE INDEX audit_erasure_subject ON audit_erasure (subject);
