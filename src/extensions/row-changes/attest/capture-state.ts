import { createHash } from 'node:crypto';
import { canonicalJson, parseJson } from '../../../audit/nest-free.js';
import type { LedgerQueries, LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { CAPTURE_TRIGGERS } from '../triggers/trigger-sql.js';
import { appendOwnEvent } from '../../../monitoring/inbox/append-own-event.js';
import { settle } from '../../../monitoring/store/await-sealed.js';
import { TIMING } from '../../../monitoring/store/timing.js';

/** A part of a table's capture: a trigger, a function, a file or a partition. */
interface StatePart {
  /** The object's name, such as `public.orders row_capture_update`. */
  readonly name: string;
  readonly kind: 'trigger' | 'function' | 'file' | 'partition';
  /** For a trigger: `A` if no session can disable it, `D` if it is disabled. For a partition: `D` if it lacks a trigger. */
  readonly enabled: string;
  /** The digest of the part's definition; for a file, the file's number. */
  readonly definition: string;
  /**
   * The transaction that last wrote the part's row in the system catalogue. This value also changes if somebody disables and enables the
   * part again.
   */
  readonly version: string;
}

const STATE = `
  WITH watched AS (
    SELECT c.oid, c.relkind, c.relfilenode, n.nspname || '.' || c.relname AS name
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND (
           EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgname LIKE 'row\\_capture\\_%')
        OR (n.nspname, c.relname) IN (SELECT b.schema_name, b.table_name FROM audit_row_baseline b))
  ), triggers AS (
    SELECT w.name, t.* , t.xmin::text AS version FROM pg_trigger t JOIN watched w ON w.oid = t.tgrelid
     WHERE NOT t.tgisinternal AND t.tgname LIKE 'row\\_capture\\_%'
  ), heirs AS (
    WITH RECURSIVE heir AS (
      SELECT w.name AS top, i.inhrelid FROM watched w JOIN pg_inherits i ON i.inhparent = w.oid
      UNION SELECT heir.top, i.inhrelid FROM heir JOIN pg_inherits i ON i.inhparent = heir.inhrelid)
    SELECT heir.top, heir.inhrelid, n.nspname || '.' || c.relname AS name,
           (SELECT count(*) FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgname LIKE 'row\\_capture\\_%') AS triggers
      FROM heir JOIN pg_class c ON c.oid = heir.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')
  ), functions AS (
    SELECT n.nspname || '.' || p.proname AS name, p.*, p.xmin::text AS version FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE p.oid IN (SELECT tgfoid FROM triggers)
        OR (p.proname LIKE 'row\\_digests\\_%' AND n.nspname IN (SELECT b.schema_name FROM audit_row_baseline b))
  )
  SELECT 'trigger' AS kind, name || ' ' || tgname AS name, tgenabled::text AS enabled, version,
         encode(sha256(convert_to(concat_ws('|', tgtype, tgfoid::regproc::text, tgoldtable, tgnewtable, tgqual::text, tgattr::text, encode(tgargs, 'hex')), 'UTF8')), 'hex') AS definition
    FROM triggers
  UNION ALL
  SELECT 'function', name, '', version,
         encode(sha256(convert_to(concat_ws('|', prosrc, prosecdef, proconfig::text, proowner::regrole::text, prolang), 'UTF8')), 'hex')
    FROM functions
  UNION ALL
  SELECT 'partition', name || ' of ' || top, CASE WHEN triggers < ${CAPTURE_TRIGGERS.length} THEN 'D' ELSE 'A' END,
         (SELECT string_agg(i.xmin::text, ',' ORDER BY i.inhparent) FROM pg_inherits i WHERE i.inhrelid = heirs.inhrelid), inhrelid::int8::text
    FROM heirs
  UNION ALL
  SELECT 'file', name, '', '', relfilenode::text FROM watched WHERE relkind = 'r'
   ORDER BY 1, 2`;

/** Reads the current capture of all tables. Rejects with the error of the PostgreSQL client. */
async function readCaptureState(session: LedgerQueries): Promise<readonly StatePart[]> {
  return (await session.rows(STATE)) as unknown as readonly StatePart[]; // the selected columns
}

/** The kinds of differences between two attestations, with their descriptions. */
const ALTERATIONS = {
  trigger_dropped: 'was dropped',
  trigger_added: 'is new',
  trigger_disabled: 'is disabled, or lost ENABLE ALWAYS',
  trigger_replaced: 'was replaced',
  trigger_switched: 'was disabled and enabled again, or created again',
  function_dropped: 'was dropped',
  function_added: 'is new',
  function_replaced: 'was replaced',
  function_switched: 'was replaced and restored, or created again',
  partition_added: 'is a new partition or child table',
  partition_uncaptured: 'is a partition or child table without triggers: nothing captures statements that name it',
  partition_detached: 'was detached from its table: its rows left the table without events',
  partition_reattached: 'was detached and attached again: statements that named it meanwhile may have no events',
  partition_replaced: 'was replaced by another table: rows were added and removed without events',
  table_gone: 'is gone, or not watched',
  table_added: 'is new',
  table_rewritten:
    'was truncated, or rewritten (for example by VACUUM FULL, CLUSTER or a changed column type): reconcile to find changed rows',
  attestation_altered: 'does not match its sealed digest',
} as const;

export interface Alteration {
  readonly what: keyof typeof ALTERATIONS;
  /** The name of the trigger, function or table. */
  readonly of: string;
}

const ADDITIONS: ReadonlySet<string> = new Set(['trigger_added', 'function_added', 'table_added', 'partition_added']);

/** Returns whether a difference may mean that changes were not captured. */
export function isSuspicious({ what }: Alteration): boolean {
  return !ADDITIONS.has(what) && !isRewrite({ what });
}

/** Returns whether a table's file was rewritten. VACUUM FULL also rewrites the file, but does not change rows. */
export function isRewrite({ what }: Pick<Alteration, 'what'>): boolean {
  return what === 'table_rewritten';
}

export function describeAlteration({ what, of }: Alteration): string {
  return `${of} ${ALTERATIONS[what]}`;
}

/** Returns the differences, sorted by name. */
function compareStates(before: readonly StatePart[], now: readonly StatePart[]): readonly Alteration[] {
  const [old, current] = [before, now].map(
    (parts) => new Map(parts.map((part) => [`${part.kind} ${part.name}`, part])),
  );
  const names = new Set([...(old?.keys() ?? []), ...(current?.keys() ?? [])]);
  return [...names].toSorted().flatMap((name) => compareParts(old?.get(name), current?.get(name)));
}

function compareParts(before: StatePart | undefined, now: StatePart | undefined): readonly Alteration[] {
  if (!now) return before ? [{ what: toAlterationKind(before.kind, 'dropped'), of: before.name }] : [];
  const { name: of, kind, enabled } = now;
  const isAnother = before !== undefined && before.definition !== now.definition;
  if (isAnother) return [{ what: toAlterationKind(kind, 'replaced'), of }];
  if (kind === 'partition' && enabled === 'D' && before?.enabled !== 'D') return [{ what: 'partition_uncaptured', of }];
  if (!before) return [{ what: toAlterationKind(kind, 'added'), of }];
  if (before.enabled !== enabled && enabled !== 'A') return [{ what: 'trigger_disabled', of }];
  return before.version === now.version ? [] : [{ what: toAlterationKind(kind, 'switched'), of }];
}

/** A file has no version; a partition's version is the transaction that attached the partition. */
const ALTERATION_KINDS: Readonly<Record<string, Alteration['what'] | undefined>> = {
  ...{ file_dropped: 'table_gone', file_added: 'table_added' },
  ...{ file_replaced: 'table_rewritten', file_switched: 'table_rewritten' },
  ...{ partition_dropped: 'partition_detached', partition_switched: 'partition_reattached' },
};

function toAlterationKind(
  kind: StatePart['kind'],
  change: 'dropped' | 'added' | 'replaced' | 'switched',
): Alteration['what'] {
  return ALTERATION_KINDS[`${kind}_${change}`] ?? (`${kind}_${change}` as Alteration['what']); // the other names have this form
}

/** Returns the digest of a state; an event of the attestation contains this digest. */
function digestState(state: string): string {
  return createHash('sha256').update(state).digest('hex');
}

function formatState(parts: readonly StatePart[]): string {
  return canonicalJson(parts.map((part) => ({ ...part })));
}

const ATTESTED_TYPE = 'audit_capture_attested';
const ALTERED_TYPE = 'audit_capture_altered';

const MAX_LISTED = 200;

const LAST_STATE = 'SELECT position, event_id, state FROM audit_capture_state ORDER BY position DESC LIMIT 1';
const STORE_STATE = `
  INSERT INTO audit_capture_state (event_id, state, follows) VALUES ($1, $2, $3) ON CONFLICT (follows) DO NOTHING RETURNING position`;
const LAST_SEALED = `
  SELECT id, details->>'stateDigest' AS digest FROM audit_event
   WHERE type IN ('${ATTESTED_TYPE}', '${ALTERED_TYPE}') ORDER BY id DESC LIMIT 1`;

const CONCURRENT_CHANGE = new Error('Another instance stored the same difference first.');

/**
 * Compares the capture of tables with the last attestation, and stores an event with the differences. Resolves with the differences; the
 * list is empty if another instance stored the differences first. Rejects with the error of the PostgreSQL client, or with `AUDIT_SEALING_LATE` if
 * the last attestation is not sealed yet. Nothing is stored then.
 *
 * @param session stores the attestation
 * @param auditor reads events
 */
export async function attestCapture(session: LedgerSession, auditor: LedgerSession): Promise<readonly Alteration[]> {
  try {
    return await session.inTransaction(() => attest(session, auditor));
  } catch (error) {
    if (error === CONCURRENT_CHANGE) return [];
    throw error;
  }
}

/** The order of the reads matters: if another instance attests in between, the INSERT finds a conflict, and nothing is stored. */
async function attest(session: LedgerSession, auditor: LedgerSession): Promise<readonly Alteration[]> {
  const [last] = await session.rows(LAST_STATE);
  await settle(auditor, TIMING.attestMs); // so the event of that state is found
  const [sealed] = await auditor.rows(LAST_SEALED);
  const now = await readCaptureState(session);
  if (!last && !sealed && now.length === 0) return [];
  const before = last ? (parseJson(String(last.state)) as readonly StatePart[]) : []; // textOfState wrote it
  const isAsSealed = sealed ? last?.event_id === sealed.id && digestState(String(last?.state)) === sealed.digest : true;
  const isFirst = !last && !sealed;
  const alterations: readonly Alteration[] = [
    ...(isAsSealed ? [] : [{ what: 'attestation_altered', of: 'the last attestation' } as const]),
    ...(isFirst ? [] : compareStates(before, now)),
  ];
  if (alterations.length === 0 && !isFirst) return [];
  const state = formatState(now);
  const event = await appendOwnEvent(session, isFirst ? ATTESTED_TYPE : ALTERED_TYPE, {
    category: 'system',
    severity: alterations.some(isSuspicious) ? 'error' : alterations.some(isRewrite) ? 'warning' : 'info',
    outcome: 'success',
    actor: { type: 'system' },
    details: {
      alterations: alterations.slice(0, MAX_LISTED).map(({ what, of }) => ({ what, of })),
      count: alterations.length,
      parts: now.length,
      stateDigest: digestState(state),
    },
  });
  const stored = await session.rows(STORE_STATE, [event.id, state, last?.position ?? 0]);
  if (stored.length === 0) throw CONCURRENT_CHANGE;
  return alterations;
}
