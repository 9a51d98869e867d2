import type { RouteDecision } from '../../audit/internal.js';
import { listSpill, REDACTED, type SpillListing } from '../../audit/nest-free.js';
import { getRowBody, unpackBody } from '../../monitoring/inbox/inbox-row.js';
import { fail, ok, splitMessage, warn, type StatePart, type Verdict } from '../../monitoring/store/check.js';
import { createFirstIdAt, parseIdTime } from '../../monitoring/store/id-time.js';
import { AUDITOR, SEQUENCER } from '../../monitoring/store/ledger-roles.js';
import { selectTimeText } from '../../monitoring/store/ledger-row.js';
import { assessSealing, toKnownLedger, readLedgerState } from '../../monitoring/store/ledger-state.js';
import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import { createPoolLimits } from '../../monitoring/store/sessions/session-limits.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { IS_ROW_CHANGE } from '../../monitoring/read/query/filter-sql.js';
import { formatCommandError } from '../format-error.js';
import { toStatePart, type DoctorTarget } from './doctor-target.js';

/** Where to search for an event. */
export interface SearchTargets {
  readonly subject: DoctorTarget;
  /** The ledger's address for the application's login. */
  readonly url: string;
  /** The address for the login that seals; `undefined` if nobody gave one. */
  readonly sealerUrl: string | undefined;
}

const LIMITS = createPoolLimits(10_000);
const GUIDE = 'Read "Why is an event missing?" in docs/guides/operate.md.';

/** Explains why a route's events may be missing, from its decorators to the newest event in the ledger. */
export async function examineRoute(
  method: string,
  path: string,
  { subject, url }: SearchTargets,
): Promise<readonly StatePart[]> {
  const route = subject.findDecision?.(method, path);
  const spilled = await readSpill(subject);
  const stored = await useSession(url, AUDITOR, LIMITS, async (session) => [
    toStatePart('newest-event', await findNewestEvent(method, route?.path ?? path, session)),
    toStatePart('sealing', assessSealing(toKnownLedger(await readLedgerState(session)))),
  ]).catch((error: unknown) => {
    const { message, remedy = GUIDE } = splitMessage(formatCommandError(error));
    return [toStatePart('database', fail(message, remedy))];
  });
  return [
    toStatePart('route', route ? assessRoute(route) : toMissingRouteVerdict(method, path)),
    toStatePart('providers', assessProviders(subject)),
    ...subject.checks.filter(({ status }) => status !== 'ok'),
    ...(spilled ? [toStatePart('spill', assessSpill(spilled))] : []),
    ...stored,
  ];
}

/** Explains where the event with an id is now: in the ledger, in an archive, on its way, or nowhere. */
export async function examineEvent(id: string, { subject, url, sealerUrl }: SearchTargets): Promise<StatePart> {
  const spilled = assessSpilledEvent(id, await readSpill(subject, id));
  const stored = await useSession(url, AUDITOR, LIMITS, (session) => findInLedger(id, session)).catch(
    (error: unknown) => {
      if (spilled) return undefined; // while the ledger is down
      throw error;
    },
  );
  let isComplete = true;
  const search = (): Promise<Verdict | undefined> =>
    useSession(sealerUrl ?? url, SEQUENCER, LIMITS, (session) => onItsWay(id, session)).catch((error: unknown) => {
      if (sealerUrl !== undefined) throw error;
      isComplete = false; // the application's login may not read the inbox
      return undefined;
    });
  return toStatePart('event', stored ?? spilled ?? (await search()) ?? toNotFoundVerdict(id, subject, isComplete));
}

/** Returns `undefined` without a readable spill on this machine. */
async function readSpill({ spill }: DoctorTarget, id?: string): Promise<SpillListing | undefined> {
  if (spill?.spillDir === undefined) return undefined;
  return listSpill(spill.spillDir, spill.writerKeys, id).catch(() => undefined);
}

function toMissingRouteVerdict(method: string, path: string): Verdict {
  return fail(
    `No controller of the application has the route ${method} ${path}: the request gets a 404, or middleware answers it, and no event is recorded.`,
    'Correct the method and the path. If middleware answers it, call AuditAggregator.record() there.',
  );
}

function assessRoute({ method, path, controller, handler, ...decision }: RouteDecision): Verdict {
  const { names, reason, isConditional, isOwn, prefix } = decision;
  const route = `${method} ${path} (${controller}.${handler})`;
  if (isOwn)
    return ok(`${route} is the library's. Reads are recorded as audit_log_viewed, unless recordReads is false.`);
  const records = `${route} records ${names.join(', ')}`;
  if (isConditional) return warn(`${records}, if its option when returns true.`, 'Check the option when.');
  if (names.length > 0 && prefix !== '')
    return warn(
      `${records}, if main.ts sets the prefix ${prefix}.`,
      'Check the path: without this prefix, the request gets a 404, and no event is recorded.',
    );
  if (names.length > 0) return ok(`${records}. Refusals by guards, pipes and middleware are events, too.`);
  const record = "Decorate it with @Audited('<action>'), or call AuditAggregator.record() in it.";
  return fail(`${route} has ${reason === undefined ? 'no @Audited' : `@NotAudited('${reason}')`}.`, record);
}

function assessProviders({ spill, backends = [] }: DoctorTarget): Verdict {
  const { disabledProviders: disabled = [] } = spill ?? {};
  if (disabled.length === 0) return ok(`No audit provider is disabled: ${backends.join(', ')}.`);
  const message = `The option disabledProviders switches off ${disabled.join(', ')}.`;
  const remedy = 'Remove the provider from disabledProviders (AUDIT_DISABLED_PROVIDERS).';
  return disabled.includes('database') ? fail(`${message} The ledger is database.`, remedy) : warn(message, remedy);
}

function assessSpill({ backends }: SpillListing): Verdict {
  if (backends.length === 0) return ok('No event waits in the spill.');
  const counts = backends.map(
    ({ backend, waitingEvents, deadLetters }) => `${backend} ${waitingEvents} (and ${deadLetters.length} dead letters)`,
  );
  return warn(`Events wait in the spill: ${counts.join(', ')}.`, 'Run "nestjs-audit-ledger spill list".');
}

async function findNewestEvent(method: string, path: string, session: LedgerQueries): Promise<Verdict> {
  const dayAgo = createFirstIdAt(new Date(Date.now() - 86_400_000));
  const [newest] = await queryTexts(session, SELECT_NEWEST_BY_ROUTE, [dayAgo, method, path]);
  if (!newest) return warn(`No event of the last 24 hours has the route ${method} ${path}.`, GUIDE);
  const { id, type, tenant_id: tenant } = newest;
  return ok(`The newest event of ${method} ${path} is ${id}, ${type}${formatTenant(tenant)}.`);
}

function formatTenant(tenant: string | null | undefined): string {
  return tenant === null
    ? ', without a tenant, so that readers of single tenants do not see it'
    : `, of the tenant ${tenant}`;
}

async function findInLedger(id: string, session: LedgerQueries): Promise<Verdict | undefined> {
  const [row] = await queryTexts(session, FIND, [id]);
  if (!row) return undefined;
  const { index, type, tenant_id: tenant, category, erasure, archive, act } = row;
  if (type !== null) {
    const message = [
      `The event is sealed at index ${index}: ${type}${formatTenant(tenant)}.`,
      ...(erasure === null ? [] : [`The act ${erasure} erased its personal values.`]),
      ...(row.is_masked === 'true' ? [`It has values that were masked as ${REDACTED} before it was stored.`] : []),
    ];
    const hidden = category === 'audit_access' ? 'Lists leave out reads of the log: add category=audit_access. ' : '';
    return { ...ok(message.join(' ')), remedy: `${hidden}A reader sees it if authorize allows its tenant or person.` };
  }
  if (archive !== null)
    return {
      ...ok(
        `The event was sealed at index ${index}, and retention moved it to the archive ${archive} (act ${act ?? 'unknown'}).`,
      ),
      remedy: 'Query with archived=true, or with --archives <folder>.',
    };
  return fail(
    `The event was sealed at index ${index}, but it is gone without a retirement: somebody removed it.`,
    'Run "nestjs-audit-ledger verify".',
  );
}

async function onItsWay(id: string, session: LedgerQueries): Promise<Verdict | undefined> {
  const [parked] = await queryTexts(session, PARKED, [toIdPrefix(id)]);
  if (parked)
    return fail(
      `The event is parked since ${parked.parked_at}, as line ${parked.number}: ${parked.reason}.`,
      `Correct the cause, and run "nestjs-audit-ledger seal parked retry ${parked.number}".`,
    );
  for (let after: unknown = 0; ;) {
    const rows = await session.rows(WAITING, [after]);
    const row = rows.find((each) => unpackBody(getRowBody(each))?.includes(toIdPrefix(id)));
    if (row)
      return warn(
        `The event is in the inbox since ${String(row.since)}, and waits to be sealed.`,
        'A leader seals it within seconds. If it does not, run "nestjs-audit-ledger seal", or start an instance with the role worker or both.',
      );
    after = rows.at(-1)?.position;
    if (after === undefined) return undefined;
  }
}

function assessSpilledEvent(id: string, spilled: SpillListing | undefined): Verdict | undefined {
  const letter = spilled?.backends.flatMap(({ deadLetters }) => deadLetters).find(({ event }) => event.id === id);
  if (letter)
    return fail(
      `The event is a dead letter of the provider ${letter.backend} since ${letter.at}: ${letter.error}`,
      `Correct the cause, and run "nestjs-audit-ledger spill replay ${id}".`,
    );
  if (spilled?.waitsFor === undefined) return undefined;
  return warn(
    `The event waits in the spill for the provider ${spilled.waitsFor}.`,
    'The application replays it when the provider takes events again. Start the application, and check its health.',
  );
}

function toNotFoundVerdict(id: string, { spill }: DoctorTarget, isComplete: boolean): Verdict {
  const unread = [
    ...(spill?.spillDir === undefined ? ['the spill: name the file of the root module, or set AUDIT_SPILL_DIR'] : []),
    ...(isComplete ? [] : ['the inbox and the parked lines: give --sequencer-url']),
  ];
  return fail(
    `The event is in none of the searched places. Its id was made at ${parseIdTime(id).toISOString()}.`,
    `${unread.map((place) => `Not searched: ${place}. `).join('')}Search stderr for "audit-event-lost" with this id, and the spills of other instances. ` +
      `A rolled-back transaction, a repeated idempotency key, and a dropped dead letter leave no event. ${GUIDE}`,
  );
}

async function queryTexts(
  session: LedgerQueries,
  ...query: Parameters<LedgerQueries['rows']>
): Promise<readonly Readonly<Record<string, string | null>>[]> {
  return (await session.rows(...query)) as readonly Readonly<Record<string, string | null>>[]; // the columns are texts
}

/** The line of an event begins with its id. */
function toIdPrefix(id: string): string {
  return `{"event":{"id":"${id}"`;
}

/** A route of an event may have a prefix that the command does not know. */
const SELECT_NEWEST_BY_ROUTE = `
  SELECT id::text AS id, type, tenant_id FROM audit_event
   WHERE id >= $1::uuid AND method = $2 AND right(route, length($3)) = $3 AND NOT ${IS_ROW_CHANGE} ORDER BY id DESC LIMIT 1`;

const FIND = `
  SELECT leaf.index::text AS index, event.type, event.tenant_id, event.category, retired.archive, retired.act,
         (SELECT max(act)::text FROM audit_erased WHERE event_id = leaf.event_id) AS erasure,
         (strpos(concat(event.details, event.changes, event.personal), '${REDACTED}') > 0)::text AS is_masked
    FROM audit_leaf leaf LEFT JOIN audit_event event ON event.id = leaf.event_id
    LEFT JOIN LATERAL (
      SELECT archive, act.number::text AS act FROM audit_retired_range range JOIN audit_retirement retirement ON retirement.id = retirement_id
        LEFT JOIN audit_act act ON act.event_id = retirement.event_id
       WHERE leaf.index BETWEEN range.first_index AND range.last_index AND state IN ('announced', 'retired') LIMIT 1) AS retired ON true
   WHERE leaf.event_id = $1::uuid`;

const PARKED = `
  SELECT number::text AS number, reason, ${selectTimeText('parked_at')} AS parked_at FROM audit_parked WHERE strpos(line, $1) > 0 ORDER BY number LIMIT 1`;

/** Few rows at once, since a row may have 2 MiB. */
const WAITING = `
  SELECT position::text AS position, ${selectTimeText('stored_at')} AS since, body, packed, bytes, lines FROM audit_inbox
   WHERE position > $1::bigint ORDER BY position LIMIT 20`;
