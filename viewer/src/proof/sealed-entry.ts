import { concat, decodeBase64, encodeBase64, hexOf, sha256, utf8, type Bytes } from './bytes.js';
import { canonicalJson } from './canonical-json.js';

/** The answer of `GET /audit/events/:id/sealed`. */
export interface SealedParts {
  readonly leafHash: string;
  readonly commitment?: string;
  readonly salt?: string;
  readonly personal: readonly string[];
  readonly isPersonalHidden?: boolean;
}

/** The two parts of a sealed event. */
export interface SplitEvent {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly personal: Readonly<Record<string, unknown>>;
}

/** The fields that the API adds to an event. */
const ADDED = ['index', 'compliance', 'archive', 'names', 'rowChanges'];

/** The names of the fields that the API added to an event. No proof covers them. The event's index has its own proof. */
export function addedTo(shown: object): readonly string[] {
  return ADDED.filter((name) => name !== 'index' && name in shown);
}

/**
 * The source of changes that are shown with an event, but are not in its leaf: other events, or row images that are stored separately. The
 * event has the digest of the images.
 */
export type JoinedFrom = 'events' | 'images';

/** Returns the source of an event's changes; `undefined` if the event seals the changes, or has no changes. */
export function changesJoinedFrom(shown: object): JoinedFrom | undefined {
  if (!('changes' in shown)) return undefined;
  if ('rowChanges' in shown) return 'events';
  const { details } = shown as { readonly details?: unknown }; // untrusted values of the API
  return fieldsOf(details)?.imagesApart === true ? 'images' : undefined;
}

/** Returns the stored form of an event, without fields and changes that the API adds. */
export function storedEvent(shown: object): Readonly<Record<string, unknown>> {
  const added = changesJoinedFrom(shown) === undefined ? ADDED : [...ADDED, 'changes'];
  return Object.fromEntries(Object.entries(shown).filter(([name]) => !added.includes(name)));
}

/** Whether the states before and after a bulk change match the digest that the event seals. */
export async function areImagesSealed(shown: object): Promise<boolean> {
  const { changes, details } = shown as { readonly changes?: unknown; readonly details?: unknown }; // untrusted values of the API
  const { before = null, after = null } = fieldsOf(changes) ?? {};
  return hexOf(await sha256(utf8(canonicalJson([before, after])))) === fieldsOf(details)?.imagesDigest;
}

/**
 * Removes the values at these JSON Pointers from an event.
 *
 * @throws TypeError when the event has no value at one of them
 */
export function splitEvent(stored: object, pointers: readonly string[]): SplitEvent {
  const facts = structuredClone(stored) as Record<string, unknown>; // parsed JSON
  const personal = Object.fromEntries(pointers.map((pointer) => [pointer, takeAt(facts, pointer)]));
  // The sealed facts omit an empty request.
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
  for (const name of names) holder = ownOf(holder, name);
  const value = last === undefined || Array.isArray(holder) ? undefined : ownOf(holder, last);
  if (last === undefined || value === undefined) throw new TypeError(`The event has no value at ${pointer}.`);
  Reflect.deleteProperty(holder as object, last); // the checks above prove that it is an object
  return value;
}

/** Returns an own property. A server's pointer must not reach inherited properties. */
function ownOf(holder: unknown, name: string): unknown {
  const fields = fieldsOf(holder);
  return fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function fieldsOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

/** base64(SHA-256(salt ‖ canonical JSON of the personal part)). */
export async function commitmentOf(personal: SplitEvent['personal'], salt: Bytes): Promise<string> {
  return encodeBase64(await sha256(concat(salt, utf8(canonicalJson(personal)))));
}

/** Computes the leaf of an event's facts with the commitment to its personal part: SHA-256(0x00 ‖ canonical JSON). */
export async function leafOf(facts: SplitEvent['facts'], commitment?: string): Promise<Bytes> {
  const sealed = commitment === undefined ? facts : { ...facts, personal: commitment };
  return sha256(concat(Uint8Array.of(0), utf8(canonicalJson(sealed))));
}

/** Whether a commitment was made with this salt and personal part. */
export async function isCommitted(
  personal: SplitEvent['personal'],
  { salt = '', commitment }: Pick<SealedParts, 'salt' | 'commitment'>,
): Promise<boolean> {
  const bytes = decodeBase64(salt);
  return bytes?.length === 16 && (await commitmentOf(personal, bytes)) === commitment;
}
