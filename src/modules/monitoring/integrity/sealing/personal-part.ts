import type { AuditChanges, AuditErrorFacts, AuditEvent, JsonObject, JsonValue } from '../../../../audit/index.js';
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

/** Whether what stands under a name is personal. */
export type TestOfNames = (name: string) => boolean;

/**
 * Takes the personal part out of an event: the actor's name, ip and user agent, the message of the error, and at any depth
 * of details, metadata and changes what stands under a personal name; of a diff's entry, both sides when a name in its path
 * is personal. Ids, the reason and texts under other names are facts. {@link joinPersonal} is the inverse.
 *
 * @param isPersonalName the same test for an event whenever it is split
 */
export function splitPersonal(event: AuditEvent, isPersonalName: TestOfNames): SplitEvent {
  const personal: Record<string, JsonValue> = {};
  const take = (pointer: string, value: JsonValue | undefined): void => {
    if (value !== undefined) personal[pointer] = value;
  };
  const splitter = new JsonSplitter(isPersonalName, personal);
  const { actor, request, error, changes, details, metadata, ...rest } = event;
  const { name, ...actorFacts } = actor;
  const { ip, userAgent, ...requestFacts } = request ?? {};
  take('/actor/name', name);
  take('/request/ip', ip);
  take('/request/userAgent', userAgent);
  take('/error/message', error?.message);
  const facts: AuditEvent = {
    ...rest,
    actor: actorFacts,
    // A row knows no empty request, so that the facts of a stored event would be others.
    ...(Object.keys(requestFacts).length > 0 ? { request: requestFacts } : {}),
    ...(error ? { error: withoutMessage(error) } : {}),
    ...(changes ? { changes: splitter.splitChanges(changes) } : {}),
    details: splitter.splitObject(details, '/details'),
    metadata: splitter.splitObject(metadata, '/metadata'),
  };
  return Object.keys(personal).length > 0 ? { facts, personal } : { facts };
}

function withoutMessage({ name, code }: AuditErrorFacts): AuditErrorFacts {
  return code === undefined ? { name } : { name, code };
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
    if (isList(value)) {
      return value.map((item, index) => (isPlain(item) ? item : this.split(item, `${pointer}/${index}`)));
    }
    return this.splitObject(value, pointer);
  }

  splitObject(value: JsonObject, pointer: string): JsonObject {
    const kept: Record<string, JsonValue> = {};
    for (const name of Object.keys(value)) {
      const field = value[name] ?? null;
      if (this.isPersonalName(name)) this.personal[`${pointer}/${escapeName(name)}`] = field;
      else setField(kept, name, isPlain(field) ? field : this.split(field, `${pointer}/${escapeName(name)}`));
    }
    return kept;
  }

  private splitDiff(diff: JsonValue, pointer: string): JsonValue {
    if (!isList(diff)) return this.split(diff, pointer);
    return diff.map((entry, index) => this.splitEntry(entry, `${pointer}/${index}`));
  }

  private splitEntry(entry: JsonValue, pointer: string): JsonValue {
    if (typeof entry !== 'object' || entry === null || isList(entry)) return this.split(entry, pointer);
    if (!hasPersonalPath(entry, this.isPersonalName)) return this.split(entry, pointer);
    const { from, to, ...rest } = entry;
    if (from !== undefined) this.personal[`${pointer}/from`] = from;
    if (to !== undefined) this.personal[`${pointer}/to`] = to;
    return this.split(rest, pointer);
  }
}

/** Whether a name in the path of a diff's entry is personal. */
export function hasPersonalPath({ path }: JsonObject, isPersonalName: TestOfNames): boolean {
  return typeof path === 'string' && path.split('/').some((name) => isPersonalName(unescapeName(name)));
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

/** An assignment to `__proto__` would set the prototype. */
function setField(fields: Record<string, JsonValue>, name: string, value: JsonValue): void {
  if (name !== '__proto__') fields[name] = value;
  else Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
}

function isPlain(value: JsonValue): value is string | number | boolean | null {
  return typeof value !== 'object' || value === null;
}

/** Array.isArray() leaves a readonly array out. */
export function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** A field's name as a JSON Pointer has it. */
export function escapeName(name: string): string {
  return /[~/]/.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;
}

function unescapeName(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}
