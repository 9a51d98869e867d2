import { toStreamError, type ApiError } from '../../api.error.js';
import type { Api } from '../../api.js';
import type { FilterPair } from '../../../../src/monitoring/read/query/search-language/to-filters.js';
import { LISTED_FIELDS, type ListedEvent } from './search-types.js';

const RETRY_MS = 5_000;
/** The ledger sends data every 15 seconds, so a longer silence means that the connection is lost. */
const SILENCE_TIMEOUT_MS = 45_000;

/** After a failure, reconnects without missing events. `take` gets the newest events first. */
export async function followLedger(
  api: Api,
  filters: readonly FilterPair[],
  from: number | undefined,
  signal: AbortSignal,
  take: (events: readonly ListedEvent[]) => void,
  fail: (error: ApiError | undefined) => void,
): Promise<void> {
  let after = from;
  while (!isAborted(signal)) {
    const askedAt = performance.now();
    try {
      await readTail(api, [...filters, ...toResumeParameters(after)], signal, ({ index, events }) => {
        after = index ?? after;
        fail(undefined);
        if (events.length > 0) take(events.toReversed());
      });
    } catch (error) {
      if (isAborted(signal)) return;
      fail(toStreamError(error));
    }
    if (performance.now() - askedAt < RETRY_MS) await pause(signal);
  }
}

interface TailMessage {
  readonly index: number | undefined;
  readonly events: readonly ListedEvent[];
}

async function readTail(
  api: Api,
  requested: readonly FilterPair[],
  signal: AbortSignal,
  notify: (message: TailMessage) => void,
): Promise<void> {
  const silence = new AbortController();
  const abort = () => silence.abort();
  signal.addEventListener('abort', abort, { once: true });
  let timer = setTimeout(abort, SILENCE_TIMEOUT_MS);
  try {
    const query = new URLSearchParams([...requested, ['fields', LISTED_FIELDS]].map(([name, value]) => [name, value]));
    const headers = { accept: 'text/event-stream' };
    const { body } = await api.fetch(`/events/tail?${query}`, { headers, signal: silence.signal });
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
      clearTimeout(timer);
      timer = setTimeout(abort, SILENCE_TIMEOUT_MS);
      const frames = (rest + read.value).split('\n\n');
      rest = frames.pop() ?? '';
      notify(parseMessage(frames.join('\n').split('\n')));
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/** Each `data` line contains a whole event, and each `id` line an index. */
function parseMessage(lines: readonly string[]): TailMessage {
  const readFields = (name: string) =>
    lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
  const index = readFields('id').at(-1);
  return {
    index: index === undefined ? undefined : Number(index),
    events: readFields('data').map((data) => JSON.parse(data) as ListedEvent), // the application sends the fields that were requested
  };
}

function toResumeParameters(after: number | undefined): readonly FilterPair[] {
  return after === undefined ? [] : [['after', String(after)]];
}

async function pause(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, RETRY_MS);
    signal.addEventListener('abort', resolve, { once: true });
  });
}

/** This check is a function, because the type checker assumes that the value is constant between two checks. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
