import type { AuditChanges, AuditEvent, JsonValue } from '../../../../audit/index.js';
import { PersonalPartError } from './sealing.errors.js';

/**
 * What an event says of persons: values by where they stood in the event, as JSON Pointers (RFC 6901):
 * `{ "/actor/name": "Ada", "/details/email": "ada@example.com" }`. Plain JSON.
 */
export type PersonalPart = Readonly<Record<string, JsonValue>>;

/** An event in two: what stays, and what can be forgotten. */
export interface SplitEvent {
  /** The event without its personal part. */
  readonly facts: AuditEvent;
  /** Absent where the event says nothing of persons. */
  readonly personal?: PersonalPart;
}

type TestOfNames = (name: string) => boolean;

/**
 * Takes the personal part out of an event: the actor's name, ip and user agent, the message of the error, and at any depth
 * of details, metadata and changes what stands under a personal name; of a diff's entry, both sides when a name in its path
 * is personal. Ids, the reason and texts under other names are facts. {@link joinPersonal} is the inverse.
 *
 * @param isPersonalName the same test for an event whenever it is split
 */
export function splitPersonal(event: AuditEvent, isPersonalName: TestOfNames): SplitEvent {
  const personal: Record<string, JsonValue> = {};
  const take = (fields: object, names: readonly string[], pointer: string): object => {
    const isTaken = (name: string, value: unknown): value is JsonValue => names.includes(name) && value !== undefined;
    for (const [name, value] of Object.entries(fields))
      if (isTaken(name, value)) personal[`${pointer}/${name}`] = value;
    return Object.fromEntries(Object.entries(fields).filter(([name, value]) => !isTaken(name, value)));
  };
  const splitter = new JsonSplitter(isPersonalName, personal);
  const request = event.request && take(event.request, ['ip', 'userAgent'], '/request');
  const facts = {
    ...event,
    actor: take(event.actor, ['name'], '/actor'),
    // A row knows no empty request, so that the facts of a stored event would be others.
    request: request && Object.keys(request).length > 0 ? request : undefined,
    error: event.error && take(event.error, ['message'], '/error'),
    changes: event.changes && splitter.splitChanges(event.changes),
    details: splitter.split(event.details, '/details'),
    metadata: splitter.split(event.metadata, '/metadata'),
  };
  const present = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  return {
    facts: present as unknown as AuditEvent, // only optional fields were taken
    ...(Object.keys(personal).length > 0 ? { personal } : {}),
  };
}

/**
 * The event that was split.
 *
 * @param personal absent where the event had none; when it was erased, the facts are all there is
 * @throws PersonalPartError (`AUDIT_PERSONAL_PART_INVALID`) when it is not that of these facts
 */
export function joinPersonal(facts: AuditEvent, personal: PersonalPart = {}): AuditEvent {
  const bare = facts.request === undefined && Object.keys(personal).some((pointer) => pointer.startsWith('/request/'));
  let event: unknown = bare ? { ...facts, request: {} } : facts;
  for (const [pointer, value] of Object.entries(personal)) {
    const [first, ...names] = pointer.split('/').map(unescapeName);
    if (first !== '' || names.length === 0) throw new PersonalPartError(pointer);
    event = withValueAt(event, names, value, pointer);
  }
  return event as AuditEvent; // the facts of an event, and what was taken from it
}

/** Takes out what stands under personal names. What has none is not copied. */
class JsonSplitter {
  constructor(
    private readonly isPersonalName: TestOfNames,
    private readonly personal: Record<string, JsonValue>,
  ) {}

  splitChanges(changes: AuditChanges): AuditChanges {
    const { before, after, diff } = changes;
    return {
      ...changes,
      ...(before === undefined ? {} : { before: this.split(before, '/changes/before') }),
      ...(after === undefined ? {} : { after: this.split(after, '/changes/after') }),
      ...(diff === undefined ? {} : { diff: this.splitDiff(diff, '/changes/diff') }),
    };
  }

  split(value: JsonValue, pointer: string): JsonValue {
    if (typeof value !== 'object' || value === null) return value;
    if (isList(value)) return value.map((item, index) => this.split(item, `${pointer}/${index}`));
    const kept: [string, JsonValue][] = [];
    for (const [name, field] of Object.entries(value)) {
      if (this.isPersonalName(name)) this.personal[`${pointer}/${escapeName(name)}`] = field;
      else kept.push([name, isPlain(field) ? field : this.split(field, `${pointer}/${escapeName(name)}`)]);
    }
    return Object.fromEntries(kept);
  }

  private splitDiff(diff: JsonValue, pointer: string): JsonValue {
    if (!isList(diff)) return this.split(diff, pointer);
    return diff.map((entry, index) => this.splitEntry(entry, `${pointer}/${index}`));
  }

  private splitEntry(entry: JsonValue, pointer: string): JsonValue {
    if (typeof entry !== 'object' || entry === null || isList(entry)) return this.split(entry, pointer);
    const isPersonal =
      typeof entry.path === 'string' && entry.path.split('/').some((name) => this.isPersonalName(unescapeName(name)));
    if (!isPersonal) return this.split(entry, pointer);
    const { from, to, ...rest } = entry;
    if (from !== undefined) this.personal[`${pointer}/from`] = from;
    if (to !== undefined) this.personal[`${pointer}/to`] = to;
    return this.split(rest, pointer);
  }
}

function withValueAt(container: unknown, names: readonly string[], value: JsonValue, pointer: string): unknown {
  const [name, ...rest] = names;
  if (typeof container !== 'object' || container === null || name === undefined) throw new PersonalPartError(pointer);
  const isThere = Object.hasOwn(container, name);
  if (isThere === (rest.length === 0)) throw new PersonalPartError(pointer); // a field is new, what it stands in is not
  const fields = container as Readonly<Record<string, unknown>>; // any object may be asked for its own names
  const field = rest.length === 0 ? value : withValueAt(fields[name], rest, value, pointer);
  if (!Array.isArray(container)) return { ...fields, [name]: field };
  if (rest.length === 0) throw new PersonalPartError(pointer);
  return container.with(Number(name), field) as unknown;
}

function isPlain(value: JsonValue): value is string | number | boolean | null {
  return typeof value !== 'object' || value === null;
}

/** Array.isArray() leaves a readonly array out. */
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function escapeName(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescapeName(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}
