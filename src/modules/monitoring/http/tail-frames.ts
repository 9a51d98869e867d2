import type { NewerEvents } from '../query/places/sealed-events.service.js';
import type { LedgerEvent } from '../query/ledger-event.js';

const RETRY_MS = 2_000;

/**
 * Pages as server-sent events (WHATWG HTML, section 9.2): each event has its place as `id`. A page without events is a comment, with the
 * place that was looked at.
 *
 * @param shown is told of how many events were sent
 */
export async function* tailFrames(
  first: IteratorResult<NewerEvents, void>,
  pages: AsyncIterator<NewerEvents, void, undefined>,
  show: (event: LedgerEvent) => object,
  shown: (count: number) => void,
): AsyncGenerator<string, void, undefined> {
  yield `retry: ${RETRY_MS}\n\n`;
  for (let next = first; next.done !== true; next = await pages.next()) {
    const { items, after } = next.value;
    shown(items.length);
    yield `${items.map((event) => frameOf(event, show)).join('')}: up to ${after}\nid: ${after}\n\n`;
  }
}

/** JSON has no line break of its own. */
function frameOf(event: LedgerEvent, show: (event: LedgerEvent) => object): string {
  return `id: ${event.index}\ndata: ${JSON.stringify(show(event))}\n\n`;
}
