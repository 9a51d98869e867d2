import { concat, decodeBase64, encodeBase64, sha256, utf8, type Bytes } from './bytes.js';
import { canonicalJson } from './canonical-json.js';

/** What `GET /audit/events/:id/sealed` answers. */
export interface SealedParts {
  readonly leafHash: string;
  readonly commitment?: string;
  readonly salt?: string;
  readonly personal: readonly string[];
  readonly isPersonalHidden?: boolean;
}

/** An event in the two parts that it was sealed in. */
export interface SplitEvent {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly personal: Readonly<Record<string, unknown>>;
}

/** What the API adds to an event. */
const ADDED = ['index', 'compliance', 'archive', 'rowChanges'];

/** The event as it was stored: without what the API adds, and without the changes that it joins from captured rows. */
export function storedEvent(shown: object): Readonly<Record<string, unknown>> {
  const added = 'rowChanges' in shown ? [...ADDED, 'changes'] : ADDED;
  return Object.fromEntries(Object.entries(shown).filter(([name]) => !added.includes(name)));
}

/**
 * Takes the values at these JSON Pointers out of an event.
 *
 * @throws TypeError when the event has no value at one of them
 */
export function splitEvent(stored: object, pointers: readonly string[]): SplitEvent {
  const facts = structuredClone(stored) as Record<string, unknown>; // parsed JSON
  const personal = Object.fromEntries(pointers.map((pointer) => [pointer, takeAt(facts, pointer)]));
  // The facts know no empty request.
  if (pointers.length > 0 && canonicalJson(facts.request ?? null) === '{}') delete facts.request;
  return { facts, personal };
}

function takeAt(event: unknown, pointer: string): unknown {
  const names = pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = names.pop();
  let holder = event;
  for (const name of names) holder = fieldsOf(holder)?.[name];
  const fields = fieldsOf(holder);
  if (last === undefined || fields === undefined || !Object.hasOwn(fields, last)) {
    throw new TypeError(`The event has no value at ${pointer}.`);
  }
  const value = fields[last];
  Reflect.deleteProperty(fields, last);
  return value;
}

function fieldsOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

/** base64(SHA-256(salt ‖ canonical JSON of the personal part)). */
export async function commitmentOf(personal: SplitEvent['personal'], salt: Bytes): Promise<string> {
  return encodeBase64(await sha256(concat(salt, utf8(canonicalJson(personal)))));
}

/** The leaf of an event's facts with the commitment to its personal part: SHA-256(0x00 ‖ canonical JSON). */
export async function leafOf(facts: SplitEvent['facts'], commitment?: string): Promise<Bytes> {
  const sealed = commitment === undefined ? facts : { ...facts, personal: commitment };
  return sha256(concat(Uint8Array.of(0), utf8(canonicalJson(sealed))));
}

/** Whether a salt and a personal part are what a commitment was made with. */
export async function isCommitted(
  personal: SplitEvent['personal'],
  { salt = '', commitment }: Pick<SealedParts, 'salt' | 'commitment'>,
): Promise<boolean> {
  const bytes = decodeBase64(salt);
  return bytes?.length === 16 && (await commitmentOf(personal, bytes)) === commitment;
}
