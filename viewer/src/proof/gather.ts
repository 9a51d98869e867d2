import type { Api } from '../api.js';
import { ApiError } from '../api.error.js';
import { CHECKS, checkEvent, open, type Check, type Proven } from './check-event.js';
import { checkHistory, type Consistency } from './check-history.js';
import { lastSeen, type Memory } from './memory.js';
import type { EventProof } from './sealed-entry.js';

export interface GatheredProof {
  readonly checks: readonly Check[];
  readonly proven: Proven;
}

/** Stores the proof's checkpoint only if it continues the stored checkpoint. */
export async function gatherProof(
  event: { readonly id: string },
  { memory, ...asked }: { readonly memory: Memory } & Parameters<typeof proveEvent>[1],
): Promise<GatheredProof> {
  const { api, signal } = asked;
  const proven = await proveEvent(event, asked);
  const { proof } = proven;
  const { checks, checkpoint } = await checkEvent(proven, await memory.keys());
  if (!checkpoint) return { checks: [...checks, open('consistency', 'unreadable')], proven };
  const seen = lastSeen(memory);
  const history = await checkHistory(seen, checkpoint, (from, to) => proveConsistency(api, from, to, signal));
  const isSigned = checks.every(({ name, state }) => name !== 'signature' || state !== 'wrong');
  // A checkpoint never replaces a stored checkpoint if the two contradict each other.
  const isNew = history.finding === 'first' || (history.finding === 'continues' && checkpoint.size > (seen?.size ?? 0));
  if (isSigned && isNew) memory.keepNote(proof.slice(proof.indexOf('\n\n') + 2));
  const all = [...checks, history];
  return { checks: CHECKS.flatMap((name) => all.filter((check) => check.name === name)), proven };
}

/** The proof has the salt only for readers who may export. */
export async function proveEvent(
  event: { readonly id: string },
  { api, signal, given }: { readonly api: Api; readonly signal: AbortSignal; readonly given?: EventProof | undefined },
): Promise<Proven> {
  const path = `/events/${encodeURIComponent(event.id)}/proof`;
  const { proof, sealed } = given ?? (await api.get<EventProof>(path, { salt: 'true' }, signal));
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
