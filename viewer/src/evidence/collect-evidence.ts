import type { Api } from '../api.js';
import { ApiError } from '../api.error.js';
import type { Proven } from '../proof/check-event.js';
import { proveEvent } from '../proof/gather.js';

export const MAX_EVIDENCE = 500;
const PAGE = 200;
const CONCURRENCY = 4;

type Pair = readonly [name: string, value: string];

/** An event without an index in the log has no proof yet, so such an event is skipped. */
export async function collectEvidence(
  query: readonly Pair[],
  {
    api,
    signal,
    progress,
  }: { readonly api: Api; readonly signal: AbortSignal; readonly progress: (done: number) => void },
): Promise<readonly Proven[]> {
  const events = await fetchEvents(query, api, signal);
  const proven: (Proven | undefined)[] = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    for (let index = next++; index < events.length; index = next++) {
      const event = events[index];
      proven[index] = event && (await proveEvent(event, { api, signal }).catch(undefinedIfUnsealed));
      progress(++done);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return proven.filter((each) => each !== undefined);
}

async function fetchEvents(query: readonly Pair[], api: Api, signal: AbortSignal) {
  const events: { readonly id: string }[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null && events.length < MAX_EVIDENCE) {
    const limit = String(Math.min(PAGE, MAX_EVIDENCE - events.length));
    const params: Pair[] = [
      ...query,
      ['limit', limit],
      ...(cursor === undefined ? [] : ([['cursor', cursor]] as const)),
    ];
    const page: { readonly items: readonly { readonly id: string }[]; readonly nextCursor: string | null } =
      await api.get('/events', params, signal);
    events.push(...page.items);
    cursor = page.nextCursor;
  }
  return events;
}

function undefinedIfUnsealed(error: unknown): undefined {
  if (error instanceof ApiError && error.kind === 'conflict') return undefined;
  throw error;
}
