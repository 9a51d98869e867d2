import { decodeBase64, encodeBase64 } from './bytes.js';
import { computeInclusionRoot } from './merkle.js';
import { parseCheckpoint, parseProof, verifySignature, type Checkpoint, type VerifierKey } from './notes.js';
import {
  listAddedFields,
  areImagesSealed,
  getJoinedFrom,
  isCommitted,
  computeLeaf,
  splitEvent,
  storedEvent,
  type SealedParts,
} from './sealed-entry.js';

export const CHECKS = ['leaf', 'added', 'changes', 'personal', 'inclusion', 'signature', 'consistency'] as const;
export type CheckName = (typeof CHECKS)[number];

/** `proven` means that the check passed; `open` means that it could not be made; `wrong` means that it found a difference. */
export type CheckState = 'proven' | 'open' | 'wrong';

/** `finding` is the key of the sentence that explains the result, and `values` fill in this sentence. */
export interface Check {
  readonly name: CheckName;
  readonly state: CheckState;
  readonly finding: string;
  readonly values: Readonly<Record<string, string | number>>;
}

export interface Proven {
  readonly event: object;
  /** Absent if the ledger does not have the sealed parts. */
  readonly sealed?: SealedParts;
  readonly proof: string;
}

export interface CheckedEvent {
  readonly checks: readonly Check[];
  readonly checkpoint?: Checkpoint;
}

/** These checks need no earlier checkpoint. The function never throws. */
export async function checkEvent(
  { event, sealed, proof }: Proven,
  keys: readonly VerifierKey[],
): Promise<CheckedEvent> {
  const { leaf, checks } = await checkLeaf(event, sealed);
  const parsed = parseProof(proof);
  const checkpoint = parsed && parseCheckpoint(parsed.note);
  if (!parsed || !checkpoint) {
    return { checks: [...checks, wrong('inclusion', 'unreadable'), open('signature', 'unreadable')] };
  }
  const { index, hashes } = parsed;
  const { size, rootHash } = checkpoint;
  const position = { index, size };
  const { index: shown } = event as { readonly index?: number }; // the API's values are untrusted
  const root = leaf && (await computeInclusionRoot({ index, size, leaf, hashes }));
  const inclusion = !leaf
    ? open('inclusion', 'no-leaf')
    : shown !== undefined && shown !== index
      ? wrong('inclusion', 'elsewhere', { ...position, shown })
      : root && encodeBase64(root) === encodeBase64(rootHash)
        ? proven('inclusion', 'included', position)
        : wrong('inclusion', 'not-included', { ...position, root: encodeBase64(rootHash) });
  return { checks: [...checks, inclusion, await checkSignature(checkpoint, keys)], checkpoint };
}

async function checkLeaf(
  event: object,
  sealed: SealedParts | undefined,
): Promise<{ readonly checks: readonly Check[]; readonly leaf?: Awaited<ReturnType<typeof computeLeaf>> }> {
  if (!sealed) return { checks: [open('leaf', 'no-parts'), open('personal', 'no-parts')] };
  const { commitment, salt, personal: pointers, leafHash, isPersonalHidden = false } = sealed;
  try {
    const { facts, personal } = splitEvent(storedEvent(event), pointers);
    const leaf = await computeLeaf(facts, commitment);
    const computed = encodeBase64(leaf);
    const isSame = computed === leafHash && decodeBase64(leafHash) !== undefined;
    const values = { computed, stored: leafHash };
    const checks = [isSame ? proven('leaf', 'computed', values) : wrong('leaf', 'altered', values)];
    const added = listAddedFields(event).join(', ');
    if (added !== '') checks.push(open('added', 'unsealed', { names: added }));
    checks.push(...(await checkJoined(event)));
    const names = pointers.join(', ');
    if (commitment === undefined && pointers.length === 0) checks.push(proven('personal', 'none'));
    else if (commitment === undefined) checks.push(wrong('personal', 'uncommitted', { names }));
    else if (salt === undefined && pointers.length === 0) {
      checks.push(open('personal', isPersonalHidden ? 'hidden' : 'erased'));
    } else if (salt === undefined) checks.push(open('personal', 'no-salt', { names }));
    else if (await isCommitted(personal, { salt, commitment })) checks.push(proven('personal', 'committed', { names }));
    else checks.push(wrong('personal', 'altered', { names }));
    return { leaf, checks };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const values = { names: pointers.join(', ') };
    return { checks: [wrong('leaf', 'unsealable', values), open('personal', 'no-parts')] };
  }
}

async function checkJoined(event: object): Promise<readonly Check[]> {
  const from = getJoinedFrom(event);
  if (from === undefined) return [];
  if (from === 'events') return [open('changes', 'joined')];
  return [(await areImagesSealed(event)) ? proven('changes', 'digest') : wrong('changes', 'altered')];
}

async function checkSignature(checkpoint: Checkpoint, keys: readonly VerifierKey[]): Promise<Check> {
  const signers = checkpoint.signatures.map(({ name }) => name).join(', ');
  const values = { origin: checkpoint.origin, size: checkpoint.size, signers };
  if (keys.length === 0) return open('signature', 'no-key', values);
  const state = await verifySignature(checkpoint, keys);
  if (state === 'signed') return proven('signature', 'signed', values);
  return state === 'unsupported' ? open('signature', 'unsupported', values) : wrong('signature', state, values);
}

type Values = Check['values'];
const make =
  (state: CheckState) =>
  (name: CheckName, finding: string, values: Values = {}): Check => ({ name, state, finding, values });
export const proven = make('proven');
export const open = make('open');
export const wrong = make('wrong');

/** Whether all is proven, except who holds the signer's key, and that the log continues one that this browser saw. */
export function isUnchanged(checks: readonly Check[]): boolean {
  return checks.every(
    ({ name, state, finding }) =>
      state === 'proven' ||
      (state === 'open' && (name === 'added' || name === 'consistency' || finding === 'unpinned')),
  );
}

/** An open check of the values that the API adds does not count. */
export function combineStates(checks: readonly Check[]): CheckState {
  if (checks.some(({ state }) => state === 'wrong')) return 'wrong';
  return checks.every(({ name, state }) => state === 'proven' || name === 'added') ? 'proven' : 'open';
}
