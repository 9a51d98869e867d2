import { concat, decodeBase64, encodeBase64, hexOf, sha256, utf8, type Bytes } from './bytes.js';
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
const ADDED = ['index', 'compliance', 'archive', 'names', 'rowChanges'];

/** The names of what the API adds to an event, and nothing proves; its place is proven by itself. */
export function addedTo(shown: object): readonly string[] {
  return ADDED.filter((name) => name !== 'index' && name in shown);
}

/** Where the changes that are shown with an event are, if they are not in its leaf: in other events, or apart, with a digest in the event. */
export type JoinedFrom = 'events' | 'images';

/** `undefined` for an event that was sealed with its changes, and for one without changes. */
export function changesJoinedFrom(shown: object): JoinedFrom | undefined {
  if (!('changes' in shown)) return undefined;
  if ('rowChanges' in shown) return 'events';
  const { details } = shown as { readonly details?: unknown }; // whatever the API says
  return fieldsOf(details)?.imagesApart === true ? 'images' : undefined;
}

/** The event as it was stored: without what the API adds, and without the changes that it joins. */
export function storedEvent(shown: object): Readonly<Record<string, unknown>> {
  const added = changesJoinedFrom(shown) === undefined ? ADDED : [...ADDED, 'changes'];
  return Object.fromEntries(Object.entries(shown).filter(([name]) => !added.includes(name)));
}

/** Whether the states before and after a bulk change are those of which the event seals the digest. */
export async function areImagesSealed(shown: object): Promise<boolean> {
  const { changes, details } = shown as { readonly changes?: unknown; readonly details?: unknown }; // whatever the API says
  const { before = null, after = null } = fieldsOf(changes) ?? {};
  return hexOf(await sha256(utf8(canonicalJson([before, after])))) === fieldsOf(details)?.imagesDigest;
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
  for (const name of names) holder = ownOf(holder, name);
  const value = last === undefined || Array.isArray(holder) ? undefined : ownOf(holder, last);
  if (last === undefined || value === undefined) throw new TypeError(`The event has no value at ${pointer}.`);
  Reflect.deleteProperty(holder as object, last); // it has the value
  return value;
}

/** A value of its own: a pointer of the server must not reach what all objects inherit. */
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
