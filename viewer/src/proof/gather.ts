import type { Api } from '../api.js';
import { ApiError } from '../api.error.js';
import { CHECKS, checkEvent, open, type Check, type Proven } from './check-event.js';
import { parseVerifierKey, type VerifierKey } from './notes.js';
import { checkHistory, type Consistency } from './check-history.js';
import { getLastCheckpoint, type Memory } from './memory.js';
import type { EventProof } from './sealed-entry.js';

export interface GatheredProof {
  readonly checks: readonly Check[];
  readonly proven: Proven;
  /** The ledger's own keys, unless a key is pinned. They prove nothing about the signer. */
  readonly shownKeys: readonly VerifierKey[];
}

/** Stores the proof's checkpoint only if it continues the stored checkpoint. */
export async function gatherProof(
  event: { readonly id: string },
  { memory, ...requested }: { readonly memory: Memory } & Parameters<typeof proveEvent>[1],
): Promise<GatheredProof> {
  const { api, signal } = requested;
  const proven = await proveEvent(event, requested);
  const { proof } = proven;
  const pinned = await memory.keys();
  const shownKeys = pinned.length > 0 ? [] : await readShownKeys(api, signal);
  const { checks: found, checkpoint } = await checkEvent(proven, [...pinned, ...shownKeys]);
  const checks = shownKeys.length > 0 ? found.map(omitPin) : found;
  if (!checkpoint) return { checks: [...checks, open('consistency', 'unreadable')], proven, shownKeys };
  const seen = getLastCheckpoint(memory);
  const history = await checkHistory(seen, checkpoint, (from, to) => proveConsistency(api, from, to, signal));
  const isSigned = checks.every(({ name, state }) => name !== 'signature' || state !== 'wrong');
  // A checkpoint never replaces a stored checkpoint if the two contradict each other.
  const isNew = history.finding === 'first' || (history.finding === 'continues' && checkpoint.size > (seen?.size ?? 0));
  if (isSigned && isNew) memory.keepNote(proof.slice(proof.indexOf('\n\n') + 2));
  const all = [...checks, history];
  return { checks: CHECKS.flatMap((name) => all.filter((check) => check.name === name)), proven, shownKeys };
}

/** A key that the ledger shows can only refute its signature. */
function omitPin(check: Check): Check {
  if (check.name !== 'signature' || !['signed', 'unknown'].includes(check.finding)) return check;
  return open('signature', check.finding === 'signed' ? 'unpinned' : 'no-key', check.values);
}

/** Readers with access to single events may not read the keys. */
async function readShownKeys(api: Api, signal: AbortSignal): Promise<readonly VerifierKey[]> {
  try {
    const { keys } = await api.get<{ readonly keys: readonly { readonly verifierKey: string }[] }>('/keys', {}, signal);
    const parsed = await Promise.all(keys.map(({ verifierKey }) => parseVerifierKey(verifierKey)));
    return parsed.filter((key) => key !== undefined);
  } catch {
    signal.throwIfAborted();
    return [];
  }
}

/** The proof has the salt only for readers who may export. */
export async function proveEvent(
  event: { readonly id: string },
  {
    api,
    signal,
    given: input,
  }: { readonly api: Api; readonly signal: AbortSignal; readonly given?: EventProof | undefined },
): Promise<Proven> {
  const path = `/events/${encodeURIComponent(event.id)}/proof`;
  const { proof, sealed } = input ?? (await api.get<EventProof>(path, { salt: 'true' }, signal));
  return { event, ...(sealed && { sealed }), proof };
}

async function proveConsistency(api: Api, from: number, to: number, signal: AbortSignal): Promise<Consistency> {
  try {
    const { hashes } = await api.get<{ readonly hashes: readonly string[] }>('/consistency', { from, to }, signal);
    return hashes;
  } catch (error) {
    signal.throwIfAborted();
    const kind = error instanceof ApiError ? error.kind : 'unexpected';
    if (kind === 'forbidden' || kind === 'unauthorised') return 'forbidden';
    return ['offline', 'unavailable', 'busy', 'slow'].includes(kind) ? 'unavailable' : 'refused';
  }
}
