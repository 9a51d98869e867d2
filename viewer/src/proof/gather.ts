import type { Api } from '../api.js';
import { ApiError, type ApiErrorKind } from '../api.error.js';
import { CHECKS, checkEvent, open, type Check, type Proven } from './check-event.js';
import { checkHistory, type Consistency } from './check-history.js';
import { lastSeen, type Memory } from './memory.js';
import type { SealedParts } from './sealed-entry.js';

export interface GatheredProof {
  readonly checks: readonly Check[];
  readonly proven: Proven;
}

/** Stores the proof's checkpoint only if it continues the stored checkpoint. */
export async function gatherProof(
  event: { readonly id: string },
  { api, memory, signal }: { readonly api: Api; readonly memory: Memory; readonly signal: AbortSignal },
): Promise<GatheredProof> {
  const proven = await proveEvent(event, { api, signal });
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

export async function proveEvent(
  event: { readonly id: string },
  { api, signal }: { readonly api: Api; readonly signal: AbortSignal },
): Promise<Proven> {
  const path = `/events/${encodeURIComponent(event.id)}`;
  const askSealed = async (): Promise<SealedParts | undefined> => {
    const sealed = await api.get<Omit<SealedParts, 'salt'>>(`${path}/sealed`, {}, signal).catch(orNothing('missing'));
    const salt = sealed && sealed.personal.length > 0 ? await saltOf(path, api, signal) : undefined;
    return sealed && { ...sealed, ...(salt !== undefined && { salt }) };
  };
  const askProof = async () => (await api.fetch(`${path}/proof`, { signal, cache: 'no-store' })).text();
  const [proof, sealed] = await Promise.all([askProof(), askSealed()]);
  return { event, ...(sealed && { sealed }), proof };
}

/** Each refusal is an event of the log, so a refused client does not request salts again. */
const REFUSED = new WeakSet<Api>();

async function saltOf(path: string, api: Api, signal: AbortSignal): Promise<string | undefined> {
  if (REFUSED.has(api)) return undefined;
  const refused = (error: unknown): undefined => {
    if (error instanceof ApiError && error.kind === 'forbidden') REFUSED.add(api);
    orNothing('missing', 'forbidden')(error);
  };
  return (await api.get<{ readonly salt: string }>(`${path}/salt`, {}, signal).catch(refused))?.salt;
}

function orNothing(...kinds: readonly ApiErrorKind[]) {
  return (error: unknown): undefined => {
    if (error instanceof ApiError && kinds.includes(error.kind)) return undefined;
    throw error;
  };
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
