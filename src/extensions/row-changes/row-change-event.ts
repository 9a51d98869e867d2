import { createHash } from 'node:crypto';
import type { ExternalEvent } from '../../audit/internal.js';
import {
  isIdShape,
  REDACTED,
  type AuditActorInput,
  type AuditEvent,
  type AuditInput,
  type FactRules,
  type JsonObject,
  type JsonValue,
} from '../../audit/nest-free.js';
import { formatDecimal, digestImages, formatKeyId } from '../../monitoring/store/row-images.js';
import { collectDigests, type CapturedChunk, type CapturedLine, type ChangeSource } from './captured-chunk.js';

export interface RowChangeEvent {
  readonly name: string;
  readonly input: AuditInput<unknown>;
  readonly external: ExternalEvent;
  /** The row images; present only if the images are stored outside the event. */
  readonly images?: Pick<CapturedLine, 'before' | 'after'>;
  /** Whether the resource's id is a fact: each part of the key must be an id, or a fact by the rules. */
  readonly hasFactId: boolean;
}

export interface EventMaker {
  readonly applicationRoles: readonly string[];
  /** If a statement changes more rows than this, the images are stored outside the events. */
  readonly bulkRows: number;
  /** The salt for the digests of keys. */
  readonly salt: Uint8Array;
  /** Redacts an image that is stored outside its event, by the event's rules. */
  readonly redact: (name: string, state: JsonObject, external: ExternalEvent) => JsonObject;
  readonly make: (change: RowChangeEvent) => AuditEvent;
  readonly rulesFor: (type: string) => FactRules;
}

/** Who made a change: somebody with a verified context, the application without a context, or an external login. */
export type Attribution = 'context' | 'unattributed' | 'external';

const CAPTURE_FAILED_TYPE = 'audit_row_capture_failed';

const BASELINE_TYPE = 'audit_capture_baseline';
const CAPTURE_ENDED_TYPE = 'audit_capture_ended';

/** Returns who made the changes of a chunk. */
export function resolveAttribution({ origin }: CapturedChunk, applicationRoles: readonly string[]): Attribution {
  if (origin.context) return 'context';
  return applicationRoles.includes(origin.role ?? '') ? 'unattributed' : 'external';
}

export function buildEvents(chunk: CapturedChunk, rules: EventMaker): readonly RowChangeEvent[] {
  const attribution = resolveAttribution(chunk, rules.applicationRoles);
  if (chunk.operation === 'FAILED') return [buildFailureEvent(chunk)];
  if (chunk.operation === 'BASELINE') return [buildBaselineEvent(chunk)];
  const common = buildCommon(chunk, attribution);
  if (chunk.operation === 'TRUNCATE') {
    const details = { ...buildDetails(chunk, attribution), rowCount: chunk.statementRows };
    const name = attribution === 'external' ? 'row_changed_externally' : 'table_truncated';
    const input = { ...common.input, resource: { type: chunk.source.resource }, details };
    return [{ name, input, external: common.external, hasFactId: true }];
  }
  return chunk.lines.map((line) => buildLineEvent(chunk, line, attribution, common, rules));
}

type Common = Pick<RowChangeEvent, 'input' | 'external'>;

type Details = Record<string, JsonValue>;

function buildLineEvent(
  chunk: CapturedChunk,
  line: CapturedLine,
  attribution: Attribution,
  { input, external }: Common,
  { bulkRows, salt, redact }: EventMaker,
): RowChangeEvent {
  const { source } = chunk;
  const { before, after } = line;
  const { digest, formerDigest } = collectDigests(line, source, salt);
  const isIgnored = getVerifiedContext(chunk).ignored === true;
  const isBulk = chunk.statementRows > bulkRows;
  const row = after ?? before;
  const isKeyed = source.key.length > 0 && source.key.every((column) => row && Object.hasOwn(row, column)); // false if a key column was renamed
  const key = isKeyed ? getKey(source, row) : {};
  const old = isKeyed && before && after ? getKey(source, before) : undefined;
  const id = isKeyed ? formatRowId(source, row) : undefined;
  // Without an `after`, the row is gone, even if the statement was an UPDATE.
  const kind = !before ? 'row_inserted' : after ? 'row_updated' : 'row_deleted';
  const name = attribution === 'external' ? 'row_changed_externally' : kind;
  const details = buildDetails(chunk, attribution);
  if (isKeyed) {
    details.key = key;
    addKeyDigest(details, 'keyDigest', key, salt);
  }
  if (old && source.key.some((column) => !isSamePart(old[column], key[column]))) {
    details.rekeyedFrom = old;
    addKeyDigest(details, 'rekeyedFromDigest', old, salt);
  }
  details.digest = digest;
  if (formerDigest !== undefined && before) details.formerDigest = formerDigest;
  if (isIgnored) details.ignored = true;
  // Masks the images that are stored outside the event, because no later step masks them.
  const masked = (state: JsonObject | undefined): JsonObject | undefined => state && redact(name, state, external);
  const images = isBulk && !isIgnored ? { before: masked(before), after: masked(after) } : undefined;
  if (images) {
    details.imagesApart = true;
    details[IMAGES_DIGEST] = digestImages(images);
  }
  return {
    name,
    input: {
      ...input,
      resource: { type: source.resource, ...(id !== undefined && { id }) },
      details,
      ...(isBulk || isIgnored ? {} : { changes: toChanges(line) }),
    },
    external,
    ...(images && { images }),
    hasFactId: Object.entries(key).every(
      ([column, part]) => source.facts.includes(column) || typeof part !== 'string' || isIdShape(part),
    ),
  };
}

/** Two different masks show that a secret changed, but hide the values. */
function toChanges({ before, after, changedSecrets }: CapturedLine): NonNullable<AuditInput['changes']> {
  const other = changedSecrets.map((name) => [name, `${REDACTED} again`] as const);
  return {
    ...(before && { before }),
    ...(after && { after: other.length > 0 ? { ...after, ...Object.fromEntries(other) } : after }),
  };
}

/** The details of these events, in lower case. A redacted column of such a name is masked by the trigger; the detail must stay. */
const DETAILS: ReadonlySet<string> = new Set([
  ...['schema', 'table', 'partition', 'operation', 'transaction', 'role', 'actingas', 'unattributed', 'contextproblem'],
  ...['application', 'address', 'pid', 'key', 'keydigest', 'rekeyedfrom', 'rekeyedfromdigest', 'digest', 'ignored'],
  ...['imagesapart', 'imagesdigest', 'rowcount'],
]);

function getVerifiedContext({ origin }: CapturedChunk): VerifiedContext {
  return origin.context ?? {}; // the signature is already verified
}

function buildCommon(chunk: CapturedChunk, attribution: Attribution): Common {
  const { origin, source, changedAt } = chunk;
  const { actor, tenantId, request, operation, reason } = getVerifiedContext(chunk);
  return {
    input: {
      actor: actor ?? (attribution === 'context' ? { type: 'anonymous' } : { type: 'service', id: origin.role }),
      tenantId,
      reason,
      ...(operation?.id === undefined ? {} : { metadata: { operationId: operation.id } }),
    },
    external: {
      occurredAt: changedAt,
      request,
      sensitiveFields: source.redacted.filter((name) => !DETAILS.has(name.toLowerCase().replace(/[^a-z]/g, ''))),
      shownFields: source.shown,
      keyFields: source.key,
    },
  };
}

interface VerifiedContext {
  readonly actor?: AuditActorInput;
  readonly tenantId?: string;
  readonly request?: ExternalEvent['request'];
  readonly operation?: { readonly id?: string; readonly action?: string };
  readonly reason?: string;
  /** Whether the statement ran in `AuditContext.ignore`. */
  readonly ignored?: boolean;
}

/** Spreading objects costs several times as much as assignments, and this function runs for every change. */
function buildDetails(chunk: CapturedChunk, attribution: Attribution): Details {
  const { source, origin, operation, transaction } = chunk;
  const { role = '', actingAs = 'none', application = '', address, pid, partition, contextProblem } = origin;
  const details: Details = { schema: source.schema, table: source.table };
  if (typeof partition === 'string') details.partition = partition;
  details.operation = operation;
  details.transaction = transaction;
  details.role = role;
  if (actingAs !== 'none' && actingAs !== role) details.actingAs = actingAs;
  if (attribution === 'unattributed') details.unattributed = true;
  if (typeof contextProblem === 'string') details.contextProblem = contextProblem;
  if (attribution === 'context') return details;
  if (application !== '') details.application = application;
  if (typeof address === 'string') details.address = address;
  if (pid !== undefined) details.pid = pid;
  return details;
}

function buildFailureEvent({ source, origin, changedAt }: CapturedChunk): RowChangeEvent {
  const { operation = '', sqlState = '', role = '' } = origin;
  return {
    name: CAPTURE_FAILED_TYPE,
    input: {
      category: 'system',
      severity: 'error',
      outcome: 'failure',
      actor: { type: 'service', id: role },
      resource: { type: source.resource },
      details: { schema: source.schema, table: source.table, operation, sqlState, role },
    },
    external: { occurredAt: changedAt },
    hasFactId: true,
  };
}

function buildBaselineEvent({ source, origin, changedAt }: CapturedChunk): RowChangeEvent {
  const { baseline = {}, role = '', actingAs = 'none', application = '' } = origin;
  const { id, ...others } = baseline;
  const { schema, table } = source;
  return {
    name: 'digest' in baseline ? BASELINE_TYPE : CAPTURE_ENDED_TYPE,
    input: {
      category: 'system',
      severity: 'warning',
      outcome: 'success',
      actor: { type: 'service', id: role },
      details: {
        schema,
        table,
        baseline: id ?? null,
        ...others,
        role,
        ...(actingAs !== 'none' && actingAs !== role && { actingAs }),
        ...(application !== '' && { application }),
      },
    },
    external: { occurredAt: changedAt },
    hasFactId: true,
  };
}

/** For the same key, the SQL function `audit_row_key_fold` computes an equal digest. Short numbers and UUIDs need no digest. */
function addKeyDigest(details: Details, name: string, key: JsonObject, salt: Uint8Array): void {
  const columns = Object.keys(key).map((name) => Buffer.from(name)); // the function sorts names by bytes
  const parts = columns
    .toSorted((one, other) => one.compare(other))
    .map((column) => formatJsonb(key[String(column)] ?? null));
  const [part = ''] = parts;
  const text = parts.length === 1 ? part : `[${parts.map((each) => JSON.stringify(each)).join(', ')}]`;
  if (PLAIN_KEY.test(text)) return;
  details[name] = createHash('sha256').update(salt).update(`key:${text}`).digest('hex');
}

/** The text must equal that of PostgreSQL's `jsonb_each_text`. */
function formatJsonb(value: JsonValue): string {
  return typeof value === 'string' ? value : toJsonb(value);
}

function toJsonb(value: JsonValue): string {
  if (typeof value === 'number') return formatDecimal(value);
  if (Array.isArray(value)) return `[${(value as readonly JsonValue[]).map(toJsonb).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const names = Object.keys(value).map((name) => Buffer.from(name)); // jsonb sorts names by length, then by bytes
  const sorted = names.toSorted((one, other) => one.length - other.length || one.compare(other)).map(String);
  const members = value as JsonObject;
  return `{${sorted.map((name) => `${JSON.stringify(name)}: ${toJsonb(members[name] ?? null)}`).join(', ')}}`;
}

const PLAIN_KEY = /^(-?[0-9]{1,15}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** This detail is personal, so an erasure removes the digest together with the images. */
const IMAGES_DIGEST = 'imagesDigest';

function getKey({ key }: Pick<ChangeSource, 'key'>, image: JsonObject | undefined): JsonObject {
  const values: Record<string, JsonValue> = {};
  for (const column of key) {
    // An assignment to `__proto__` would set the prototype.
    if (column === '__proto__')
      Object.defineProperty(values, column, { value: image?.[column] ?? null, enumerable: true });
    else values[column] = image?.[column] ?? null;
  }
  return values;
}

/** Reconciling and histories need these details, whatever names the application declares to be personal. */
const OWN_DETAIL = /^\/details\/(?:schema|table|partition|operation|transaction|digest|keyDigest|rekeyedFromDigest)$/;
/** The id of the resource contains the same values. */
const KEY_PART = /^\/details\/(?:key|rekeyedFrom)\/[^/]*$/;

export function formatRowId({ key }: Pick<ChangeSource, 'key'>, row: JsonObject | undefined): string | undefined {
  return formatKeyId(key.map((column) => row?.[column] ?? null));
}

function isSamePart(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/**
 * Returns the fact rules for a table's changes. In addition to the base rules, details of the statement (such as its table and role) and
 * declared columns are facts.
 */
export function buildFactRules(
  { source, origin, operation, transaction, lines }: CapturedChunk,
  base: FactRules,
): FactRules {
  const { schema, table, resource } = source;
  const { role = '', actingAs = '', partition = '', baseline } = origin;
  const words: unknown[] = [
    schema,
    table,
    resource,
    operation,
    role,
    actingAs,
    partition,
    origin.operation,
    origin.contextProblem,
    origin.sqlState,
    transaction,
    baseline?.renamedTo,
  ];
  const [{ before, after } = {}] = lines; // one statement changed all lines, so they have the same columns
  return {
    ...base,
    ...buildNameRules(source, [...new Set([before, after].flatMap((image) => Object.keys(image ?? {})))], base),
    ruleAt: (pointer) => (OWN_DETAIL.test(pointer) ? 'fact' : KEY_PART.test(pointer) ? 'id' : undefined),
    isFact: (text, rule) => rule !== 'personal' && (words.includes(text) || base.isFact(text, rule)),
  };
}

type RulesOfNames = Pick<FactRules, 'getRule' | 'isFromCode'>;

/** The rules of the last columns, by source and base. What is known of the names of an event is cached by the identity of `getRule`. */
const KNOWN = new WeakMap<ChangeSource, WeakMap<FactRules, RulesOfNames & { readonly columns: readonly string[] }>>();

function buildNameRules(source: ChangeSource, columns: readonly string[], base: FactRules): RulesOfNames {
  const bySource = KNOWN.get(source) ?? new WeakMap();
  const known = bySource.get(base);
  if (known?.columns.length === columns.length && columns.every((name, nth) => name === known.columns[nth]))
    return known;
  const names = new Set(columns);
  const made = {
    columns,
    getRule: (name: string) => {
      if (name === IMAGES_DIGEST) return 'personal';
      if (source.facts.includes(name)) return 'fact';
      const rule = names.has(name) ? base.ruleOfColumn(name) : base.getRule(name);
      return rule !== 'personal' && source.asText.includes(name) ? 'fact' : rule;
    },
    isFromCode: (name: string) => names.has(name) || base.isFromCode(name),
  } as const;
  bySource.set(base, made);
  KNOWN.set(source, bySource);
  return made;
}

export function allowIdAsFact(rules: FactRules): FactRules {
  return { ...rules, isDeclared: (pointer) => pointer === '/resource/id' || rules.isDeclared(pointer) };
}
