import type { RouteDecision } from '../../audit/internal.js';
import { listSpill, REDACTED, type SpillListing } from '../../audit/nest-free.js';
import { bodyOf, unpackBody } from '../../monitoring/inbox/inbox-row.js';
import { fail, fine, splitMessage, warn, type StatePart, type Verdict } from '../../monitoring/store/check.js';
import { firstIdAt, timeOfId } from '../../monitoring/store/id-time.js';
import { AUDITOR, SEQUENCER } from '../../monitoring/store/ledger-roles.js';
import { timeText } from '../../monitoring/store/ledger-row.js';
import { judgeSealing, knownNow, readLedgerState } from '../../monitoring/store/ledger-state.js';
import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import { limitsWithin } from '../../monitoring/store/sessions/session-limits.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { IS_ROW_CHANGE } from '../../monitoring/read/query/filter-sql.js';
import { commandError } from '../error-sentence.js';
import { partOf, type Subject } from './subject.js';

/** Where to search for an event. */
export interface SearchedPlaces {
  readonly subject: Subject;
  /** The ledger's address for the application's login. */
  readonly url: string;
  /** The address for the login that seals; `undefined` if nobody gave one. */
  readonly sealerUrl: string | undefined;
}

const LIMITS = limitsWithin(10_000);
const GUIDE = 'Read "Why is an event missing?" in docs/guides/operate.md.';

/** Explains why a route's events may be missing, from its decorators to the newest event in the ledger. */
export async function examineRoute(
  method: string,
  path: string,
  { subject, url }: SearchedPlaces,
): Promise<readonly StatePart[]> {
  const route = subject.decisionOn?.(method, path);
  const spilled = await spillOf(subject);
  const stored = await useSession(url, AUDITOR, LIMITS, async (session) => [
    partOf('newest-event', await newestOf(method, route?.path ?? path, session)),
    partOf('sealing', judgeSealing(knownNow(await readLedgerState(session)))),
  ]).catch((error: unknown) => {
    const { says, whatToDo = GUIDE } = splitMessage(commandError(error));
    return [partOf('database', fail(says, whatToDo))];
  });
  return [
    partOf('route', route ? judgeRoute(route) : noRoute(method, path)),
    partOf('providers', judgeProviders(subject)),
    ...subject.checks.filter(({ status }) => status !== 'ok'),
    ...(spilled ? [partOf('spill', judgeSpill(spilled))] : []),
    ...stored,
  ];
}

/** Explains where the event with an id is now: in the ledger, in an archive, on its way, or nowhere. */
export async function examineEvent(id: string, { subject, url, sealerUrl }: SearchedPlaces): Promise<StatePart> {
  const spilled = judgeSpilled(id, await spillOf(subject, id));
  const stored = await useSession(url, AUDITOR, LIMITS, (session) => inLedger(id, session)).catch((error: unknown) => {
    if (spilled) return undefined; // while the ledger is down
    throw error;
  });
  let isWhole = true;
  const search = (): Promise<Verdict | undefined> =>
    useSession(sealerUrl ?? url, SEQUENCER, LIMITS, (session) => onItsWay(id, session)).catch((error: unknown) => {
      if (sealerUrl !== undefined) throw error;
      isWhole = false; // the application's login may not read the inbox
      return undefined;
    });
  return partOf('event', stored ?? spilled ?? (await search()) ?? nowhere(id, subject, isWhole));
}

/** Returns `undefined` without a readable spill on this machine. */
async function spillOf({ spill }: Subject, id?: string): Promise<SpillListing | undefined> {
  if (spill?.spillDir === undefined) return undefined;
  return listSpill(spill.spillDir, spill.writerKeys, id).catch(() => undefined);
}

function noRoute(method: string, path: string): Verdict {
  return fail(
    `No controller of the application has the route ${method} ${path}: the request gets a 404, or middleware answers it, and no event is recorded.`,
    'Correct the method and the path. If middleware answers it, call AuditAggregator.record() there.',
  );
}

function judgeRoute({ method, path, controller, handler, ...decision }: RouteDecision): Verdict {
  const { names, reason, isConditional, isOwn, prefix } = decision;
  const route = `${method} ${path} (${controller}.${handler})`;
  if (isOwn)
    return fine(`${route} is the library's. Reads are recorded as audit_log_viewed, unless recordReads is false.`);
  const records = `${route} records ${names.join(', ')}`;
  if (isConditional) return warn(`${records}, if its option when returns true.`, 'Check the option when.');
  if (names.length > 0 && prefix !== '')
    return warn(
      `${records}, if main.ts sets the prefix ${prefix}.`,
      'Check the path: without this prefix, the request gets a 404, and no event is recorded.',
    );
  if (names.length > 0) return fine(`${records}. Refusals by guards, pipes and middleware are events, too.`);
  const record = "Decorate it with @Audited('<action>'), or call AuditAggregator.record() in it.";
  return fail(`${route} has ${reason === undefined ? 'no @Audited' : `@NotAudited('${reason}')`}.`, record);
}

function judgeProviders({ spill, backends = [] }: Subject): Verdict {
  const { disabledProviders: disabled = [] } = spill ?? {};
  if (disabled.length === 0) return fine(`No audit provider is disabled: ${backends.join(', ')}.`);
  const says = `The option disabledProviders switches off ${disabled.join(', ')}.`;
  const whatToDo = 'Remove the provider from disabledProviders (AUDIT_DISABLED_PROVIDERS).';
  return disabled.includes('database') ? fail(`${says} The ledger is database.`, whatToDo) : warn(says, whatToDo);
}

function judgeSpill({ backends }: SpillListing): Verdict {
  if (backends.length === 0) return fine('No event waits in the spill.');
  const counts = backends.map(
    ({ backend, waitingEvents, deadLetters }) => `${backend} ${waitingEvents} (and ${deadLetters.length} dead letters)`,
  );
  return warn(`Events wait in the spill: ${counts.join(', ')}.`, 'Run "nestjs-audit-ledger spill list".');
}

async function newestOf(method: string, path: string, session: LedgerQueries): Promise<Verdict> {
  const dayAgo = firstIdAt(new Date(Date.now() - 86_400_000));
  const [newest] = await textsOf(session, NEWEST_OF_ROUTE, [dayAgo, method, path]);
  if (!newest) return warn(`No event of the last 24 hours has the route ${method} ${path}.`, GUIDE);
  const { id, type, tenant_id: tenant } = newest;
  return fine(`The newest event of ${method} ${path} is ${id}, ${type}${tenantOf(tenant)}.`);
}

function tenantOf(tenant: string | null | undefined): string {
  return tenant === null
    ? ', without a tenant, so that readers of single tenants do not see it'
    : `, of the tenant ${tenant}`;
}

async function inLedger(id: string, session: LedgerQueries): Promise<Verdict | undefined> {
  const [row] = await textsOf(session, FIND, [id]);
  if (!row) return undefined;
  const { index, type, tenant_id: tenant, category, erasure, archive, act } = row;
  if (type !== null) {
    const says = [
      `The event is sealed at index ${index}: ${type}${tenantOf(tenant)}.`,
      ...(erasure === null ? [] : [`The act ${erasure} erased its personal values.`]),
      ...(row.is_masked === 'true' ? [`It has values that were masked as ${REDACTED} before it was stored.`] : []),
    ];
    const hidden = category === 'audit_access' ? 'Lists leave out reads of the log: add category=audit_access. ' : '';
    return { ...fine(says.join(' ')), whatToDo: `${hidden}A reader sees it if authorize allows its tenant or person.` };
  }
  if (archive !== null)
    return {
      ...fine(
        `The event was sealed at index ${index}, and retention moved it to the archive ${archive} (act ${act ?? 'unknown'}).`,
      ),
      whatToDo: 'Query with archived=true, or with --archives <folder>.',
    };
  return fail(
    `The event was sealed at index ${index}, but it is gone without a retirement: somebody removed it.`,
    'Run "nestjs-audit-ledger verify".',
  );
}

async function onItsWay(id: string, session: LedgerQueries): Promise<Verdict | undefined> {
  const [parked] = await textsOf(session, PARKED, [startOf(id)]);
  if (parked)
    return fail(
      `The event is parked since ${parked.parked_at}, as line ${parked.number}: ${parked.reason}.`,
      `Correct the cause, and run "nestjs-audit-ledger seal parked retry ${parked.number}".`,
    );
  for (let after: unknown = 0; ;) {
    const rows = await session.rows(WAITING, [after]);
    const row = rows.find((each) => unpackBody(bodyOf(each))?.includes(startOf(id)));
    if (row)
      return warn(
        `The event is in the inbox since ${String(row.since)}, and waits to be sealed.`,
        'A leader seals it within seconds. If it does not, run "nestjs-audit-ledger seal", or start an instance with the role worker or both.',
      );
    after = rows.at(-1)?.position;
    if (after === undefined) return undefined;
  }
}

function judgeSpilled(id: string, spilled: SpillListing | undefined): Verdict | undefined {
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

function nowhere(id: string, { spill }: Subject, isWhole: boolean): Verdict {
  const unread = [
    ...(spill?.spillDir === undefined ? ['the spill: name the file of the root module, or set AUDIT_SPILL_DIR'] : []),
    ...(isWhole ? [] : ['the inbox and the parked lines: give --sequencer-url']),
  ];
  return fail(
    `The event is in none of the searched places. Its id was made at ${timeOfId(id).toISOString()}.`,
    `${unread.map((place) => `Not searched: ${place}. `).join('')}Search stderr for "audit-noted" with this id, and the spills of other instances. ` +
      `A rolled-back transaction, a repeated idempotency key, and a dropped dead letter leave no event. ${GUIDE}`,
  );
}

async function textsOf(
  session: LedgerQueries,
  ...query: Parameters<LedgerQueries['rows']>
): Promise<readonly Readonly<Record<string, string | null>>[]> {
  return (await session.rows(...query)) as readonly Readonly<Record<string, string | null>>[]; // the columns are texts
}

/** The line of an event begins with its id. */
function startOf(id: string): string {
  return `{"event":{"id":"${id}"`;
}

/** A route of an event may have a prefix that the command does not know. */
const NEWEST_OF_ROUTE = `
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
  SELECT number::text AS number, reason, ${timeText('parked_at')} AS parked_at FROM audit_parked WHERE strpos(line, $1) > 0 ORDER BY number LIMIT 1`;

/** Few rows at once, since a row may have 2 MiB. */
const WAITING = `
  SELECT position::text AS position, ${timeText('stored_at')} AS since, body, packed, bytes, lines FROM audit_inbox
   WHERE position > $1::bigint ORDER BY position LIMIT 20`;
