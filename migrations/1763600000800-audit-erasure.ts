import { makeAppendOnly } from './audit-append-only.js';
import { PERSONAL_BITS } from './audit-personal-columns.js';
import type { AuditMigration, MigrationRunner } from './audit-migration.types.js';
import { MAKE_REMAINS, REMAINS_FUNCTIONS } from './audit-remains.js';

/**
 * What erases a person from the ledger: the one function that may null the personal part of an event, those that find the
 * events, and the table of erasures, by which one is gone on with after a crash. For `audit_keeper` alone.
 */
export class AuditErasure1763600000800 implements AuditMigration {
  readonly name = 'AuditErasure1763600000800';

  async up(runner: MigrationRunner): Promise<void> {
    for (const statement of [
      TABLE,
      LIST,
      ...ERASED_EVENTS,
      `CREATE INDEX audit_erasure_open ON audit_erasure (starts_at) WHERE state <> 'done'`,
      `CREATE INDEX audit_erasure_subject ON audit_erasure (subject)`,
      `REVOKE ALL ON audit_erasure, audit_erasure_list FROM PUBLIC`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON audit_erasure TO audit_keeper`,
      `GRANT SELECT, INSERT, DELETE ON audit_erasure_list TO audit_keeper`,
      `GRANT SELECT, INSERT ON audit_erased TO audit_keeper`,
      `GRANT SELECT ON audit_erased TO audit_reader`,
      `GRANT SELECT ON audit_leaf, audit_checkpoint TO audit_keeper`,
      // The ledger's own migration took this right away from everyone: the function below runs as the owner.
      `GRANT UPDATE (${ERASED}) ON audit_event TO CURRENT_USER`,
      ERASE,
      FIND_SUBJECT,
      SEARCH,
      ...MAKE_REMAINS,
      ...FUNCTIONS.flatMap((name) => [
        ownRights(name),
        `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC`,
        `GRANT EXECUTE ON FUNCTION ${name} TO audit_keeper`,
      ]),
    ]) {
      await runner.query(statement);
    }
  }

  async down(runner: MigrationRunner): Promise<void> {
    for (const name of FUNCTIONS) await runner.query(`DROP FUNCTION ${name}`);
    await runner.query('DROP TABLE audit_erased, audit_erasure_list');
    await runner.query('DROP TABLE audit_erasure');
    await runner.query('REVOKE SELECT ON audit_leaf, audit_checkpoint FROM audit_keeper');
    await runner.query(`REVOKE UPDATE (${ERASED}) ON audit_event FROM CURRENT_USER`);
  }
}

/** The columns that may be personal. */
const MARKED = Object.entries(PERSONAL_BITS);

const ERASED = ['personal', 'personal_salt', 'actor_name', 'ip', 'user_agent', ...MARKED.map(([name]) => name)].join(
  ', ',
);

/** A column's value as far as it is a fact; null where it is personal. */
function factOf(column: string, row = ''): string {
  const bit = MARKED.find(([name]) => name === column)?.[1] ?? 0;
  return `CASE WHEN coalesce(${row}personal_columns, 0) & ${bit} = 0 THEN ${row}${column} END`;
}

/** The same as far as it is personal. */
function personalOf(column: string, row: string): string {
  const bit = MARKED.find(([name]) => name === column)?.[1] ?? 0;
  return `CASE WHEN ${row}personal_columns & ${bit} <> 0 THEN ${row}${column} END`;
}

const FUNCTIONS = [
  'audit_erase(uuid[])',
  'audit_events_of(text, uuid, uuid, integer)',
  'audit_events_naming(text[], uuid, uuid, integer)',
  ...REMAINS_FUNCTIONS,
];

/**
 * `identifiers` are there until it is done. `position`: the last event that was looked at in this state. `acts`: the numbers of
 * the acts by which it erased.
 */
const TABLE = `
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
    position uuid,
    counts jsonb NOT NULL DEFAULT '{}',
    remains jsonb NOT NULL DEFAULT '{}',
    checkpoint_before text,
    event_id uuid,
    certificate text,
    problem text,
    is_replay boolean NOT NULL DEFAULT false,
    acts bigint[] NOT NULL DEFAULT '{}'
  )`;

/** The events that an erasure which repeats another one, and is not done, has to erase. */
const LIST = `
  CREATE TABLE audit_erasure_list (
    erasure_id uuid NOT NULL REFERENCES audit_erasure ON DELETE CASCADE,
    event_id uuid NOT NULL,
    PRIMARY KEY (erasure_id, event_id)
  )`;

/** The events that were erased, each with the number of the signed act that says so. They name no person. */
const ERASED_EVENTS = [
  `CREATE TABLE audit_erased (
    event_id uuid NOT NULL,
    act bigint NOT NULL,
    PRIMARY KEY (event_id, act)
  )`,
  `CREATE INDEX audit_erased_act ON audit_erased (act)`,
  ...makeAppendOnly('audit_erased'),
];

/**
 * Whole, since the commitment in the leaf is to all of it. Leaves what a legal hold keeps, and lets nobody place one until the
 * transaction ends: a hold that is placed is in force. Returns the events that it changed.
 */
const ERASE = `
  CREATE FUNCTION audit_erase(event_ids uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
  BEGIN
    LOCK TABLE audit_legal_hold IN SHARE MODE;
    PERFORM set_config('audit.act', 'erase', true);
    RETURN QUERY
      UPDATE audit_event SET personal = NULL, personal_salt = NULL, actor_name = NULL, ip = NULL, user_agent = NULL,
          ${MARKED.map(([column]) => `${column} = ${factOf(column)}`).join(',\n          ')}
       WHERE id = ANY (event_ids) AND personal_salt IS NOT NULL
         AND NOT EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, audit_event))
      RETURNING id;
    PERFORM set_config('audit.act', '', true);
  END $$`;

/**
 * The next events by or about a person, between two ids, each once, with the first of what makes it the person's. Not the
 * events of earlier erasures of the person: they hold nothing of the person, and who requested them is another one.
 */
const FIND_SUBJECT = `
  CREATE FUNCTION audit_events_of(subject text, after uuid, until uuid, most integer)
  RETURNS TABLE (id uuid, relation text, is_personal boolean, is_held boolean) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (found.id) found.id, found.relation, found.is_personal, found.is_held FROM (
      (SELECT e.id, 1 AS nth, 'actor' AS relation, e.personal_salt IS NOT NULL AS is_personal,
              EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, e)) AS is_held
         FROM audit_event e WHERE e.actor_id = subject AND e.id > after AND e.id < until ORDER BY e.id LIMIT most)
      UNION ALL
      (SELECT e.id, 2, 'onBehalfOf', e.personal_salt IS NOT NULL,
              EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, e))
         FROM audit_event e
        WHERE e.on_behalf_of IS NOT NULL AND e.on_behalf_of->>'id' = subject AND e.id > after AND e.id < until
        ORDER BY e.id LIMIT most)
      UNION ALL
      (SELECT e.id, 3, 'resource', e.personal_salt IS NOT NULL,
              EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, e))
         FROM audit_event e
        WHERE e.resource_type = 'user' AND e.resource_id = subject AND e.type <> 'audit_subject_erased'
          AND e.id > after AND e.id < until
        ORDER BY e.id LIMIT most)
    ) found
    ORDER BY found.id, found.nth LIMIT most
  $$`;

/**
 * Looks through the next events, between two ids, for texts that hold one of the needles, which are escaped as
 * in JSON. Returns those that may, and always the last one it looked at, so that the caller knows where to go on.
 */
const SEARCH = `
  CREATE FUNCTION audit_events_naming(needles text[], after uuid, until uuid, most integer)
  RETURNS TABLE (id uuid, type text, actor_id text, on_behalf_of text, resource_type text, resource_id text, personal jsonb,
    facts jsonb, is_held boolean)
  LANGUAGE sql STABLE AS $$
    WITH page AS MATERIALIZED (
      SELECT e.id, e.type, e.actor_id, e.on_behalf_of->>'id' AS on_behalf_of, e.resource_type, e.resource_id,
             CASE WHEN e.personal_salt IS NOT NULL
                  THEN jsonb_build_array(e.actor_name, host(e.ip), e.user_agent, e.personal,
                    ${MARKED.map(([column]) => personalOf(column, 'e.')).join(',\n                    ')}) END AS personal,
             jsonb_build_array(e.details, e.changes, e.metadata, e.error,
               ${MARKED.map(([column]) => factOf(column, 'e.')).join(',\n               ')}) AS facts,
             EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, e)) AS is_held
        FROM audit_event e WHERE e.id > after AND e.id < until ORDER BY e.id LIMIT most
    ), marked AS (
      SELECT page.*, row_number() OVER (ORDER BY page.id DESC) = 1 AS is_last,
             lower(concat(page.personal::text, page.facts::text)) AS texts
        FROM page
    )
    SELECT marked.id, marked.type, marked.actor_id, marked.on_behalf_of, marked.resource_type, marked.resource_id,
           marked.personal, marked.facts, marked.is_held
      FROM marked
     WHERE is_last OR EXISTS (SELECT FROM unnest(needles) needle WHERE strpos(texts, lower(needle)) > 0)
     ORDER BY marked.id
  $$`;

/** The roles that may call it have no right on the events themselves. */
function ownRights(name: string): string {
  return `
    DO $$ BEGIN
      EXECUTE format('ALTER FUNCTION ${name} SECURITY DEFINER SET search_path = %I, pg_temp', current_schema());
    END $$`;
}
