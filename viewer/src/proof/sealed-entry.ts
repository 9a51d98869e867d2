import { concat, decodeBase64, encodeBase64, toHex, sha256, utf8, type Bytes } from './bytes.js';
import { canonicalJson } from './canonical-json.js';

export interface SealedParts {
  readonly leafHash: string;
  readonly commitment?: string;
  readonly salt?: string;
  readonly personal: readonly string[];
  readonly isPersonalHidden?: boolean;
}

/** The answer with the proof of an event. `sealed` is absent if the event was retired. */
export interface EventProof {
  readonly proof: string;
  readonly sealed?: SealedParts;
}

export interface SplitEvent {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly personal: Readonly<Record<string, unknown>>;
}

const ADDED = ['index', 'compliance', 'archive', 'names', 'rowChanges'];

/** No proof covers these fields, except `index`, which has its own proof. */
export function listAddedFields(shown: object): readonly string[] {
  return ADDED.filter((name) => name !== 'index' && name in shown);
}

/** The changes come from other events, or from row images of which the event contains only a digest. */
export type JoinedFrom = 'events' | 'images';

/** Returns `undefined` if the event itself seals the changes, or has no changes. */
export function getJoinedFrom(shown: object): JoinedFrom | undefined {
  if (!('changes' in shown)) return undefined;
  if ('rowChanges' in shown) return 'events';
  const { details } = shown as { readonly details?: unknown }; // the API's values are untrusted
  return toFields(details)?.imagesApart === true ? 'images' : undefined;
}

export function storedEvent(shown: object): Readonly<Record<string, unknown>> {
  const added = getJoinedFrom(shown) === undefined ? ADDED : [...ADDED, 'changes'];
  return Object.fromEntries(Object.entries(shown).filter(([name]) => !added.includes(name)));
}

export async function areImagesSealed(shown: object): Promise<boolean> {
  const { changes, details } = shown as { readonly changes?: unknown; readonly details?: unknown }; // the API's values are untrusted
  const { before = null, after = null } = toFields(changes) ?? {};
  return toHex(await sha256(utf8(canonicalJson([before, after])))) === toFields(details)?.imagesDigest;
}

export function splitEvent(stored: object, pointers: readonly string[]): SplitEvent {
  const facts = structuredClone(stored) as Record<string, unknown>; // a clone of parsed JSON
  const personal = Object.fromEntries(pointers.map((pointer) => [pointer, extractAt(facts, pointer)]));
  // If the request is empty, the sealed facts omit it.
  if (pointers.length > 0 && canonicalJson(facts.request ?? null) === '{}') delete facts.request;
  return { facts, personal };
}

function extractAt(event: unknown, pointer: string): unknown {
  const names = pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = names.pop();
  let holder = event;
  for (const name of names) holder = getOwn(holder, name);
  const value = last === undefined || Array.isArray(holder) ? undefined : getOwn(holder, last);
  if (last === undefined || value === undefined) throw new TypeError(`The event has no value at ${pointer}.`);
  Reflect.deleteProperty(holder as object, last); // the checks above prove that the holder is an object
  return value;
}

/** A pointer, which comes from a server, must not reach inherited properties. */
function getOwn(holder: unknown, name: string): unknown {
  const fields = toFields(holder);
  return fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function toFields(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

/** base64(SHA-256(salt ‖ canonical JSON of the personal part)) */
export async function computeCommitment(personal: SplitEvent['personal'], salt: Bytes): Promise<string> {
  return encodeBase64(await sha256(concat(salt, utf8(canonicalJson(personal)))));
}

/** SHA-256(0x00 ‖ canonical JSON), where 0x00 marks a leaf (RFC 9162, section 2.1.1). */
export async function computeLeaf(facts: SplitEvent['facts'], commitment?: string): Promise<Bytes> {
  const sealed = commitment === undefined ? facts : { ...facts, personal: commitment };
  return sha256(concat(Uint8Array.of(0), utf8(canonicalJson(sealed))));
}

export async function isCommitted(
  personal: SplitEvent['personal'],
  { salt = '', commitment }: Pick<SealedParts, 'salt' | 'commitment'>,
): Promise<boolean> {
  const bytes = decodeBase64(salt);
  return bytes?.length === 16 && (await computeCommitment(personal, bytes)) === commitment;
}
