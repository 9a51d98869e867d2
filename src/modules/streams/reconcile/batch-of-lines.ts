import { canonicalJson, parseJson } from '../../../audit/plain.js';
import { GAP_TYPE, RETIRED_TYPE } from '../formats/streamed-entries.js';
import { NO_PLACE, TEST_TYPE } from '../test-batch.js';
import type { GapRecord, RetiredRecord, StreamBatch, StreamedEvent } from '../stream-destination.js';

/** An item of a copy: a whole batch, or an event or record without its batch. */
export type ReceivedItem =
  | { readonly kind: 'batch'; readonly batch: StreamBatch; readonly from: string }
  | { readonly kind: 'event'; readonly event: StreamedEvent; readonly from: string }
  | { readonly kind: 'gap'; readonly gap: GapRecord; readonly from: string }
  | { readonly kind: 'retired'; readonly record: RetiredRecord; readonly from: string }
  | { readonly kind: 'test' }
  | { readonly kind: 'unreadable'; readonly what: string };

interface OpenBatch {
  readonly facts: Omit<StreamBatch, 'events' | 'gaps'>;
  readonly events: StreamedEvent[];
  readonly gaps: GapRecord[];
}

type Members = Readonly<Record<string, unknown>>;

/** Builds batches from lines: a line for the batch, then lines for its events and gaps. */
export class BatchOfLines {
  /** The number of batches that a crash left incomplete, and that the stream then sent again. */
  torn = 0;
  private open: OpenBatch | undefined;
  private held: StreamBatch | undefined;

  constructor(private readonly from: string) {}

  /** Adds a line, and yields the items that the line completes. */
  *take(value: unknown): Generator<ReceivedItem> {
    const line = Object(value) as Members; // of any shape
    if (isBatch(line)) {
      yield* this.end();
      yield { kind: 'batch', batch: line, from: this.from };
    } else if (isFacts(line.batch)) {
      yield* this.close();
      this.open = { facts: line.batch, events: [], gaps: [] };
    } else {
      yield* this.takeEntry(line);
    }
  }

  /** Yields the items that the end of a file completes. */
  *end(): Generator<ReceivedItem> {
    yield* this.close();
    if (this.held) yield { kind: 'batch', batch: this.held, from: this.from };
    this.held = undefined;
  }

  private *takeEntry(line: Members): Generator<ReceivedItem> {
    if (line.type === RETIRED_TYPE) {
      const record = this.open ? undefined : (stated(line.details) as RetiredRecord | undefined); // within a batch, the batch's own line has this record
      if (record) yield { kind: 'retired', record, from: this.from };
      return;
    }
    if (!this.open && line.type === TEST_TYPE && line.index === NO_PLACE) {
      yield { kind: 'test' };
      return;
    }
    const gap = gapOf(line);
    const event = gap ? undefined : eventOf(line, this.open?.facts.test === true);
    const { open, from } = this;
    if (!gap && !event) {
      yield {
        kind: 'unreadable',
        what: `${from} has a line that is neither a batch nor an event with index, id and leafHash`,
      };
    } else if (open && (line.batch === undefined || line.batch === open.facts.id)) {
      if (gap) open.gaps.push(gap);
      if (event) open.events.push(event);
    } else if (gap) {
      yield { kind: 'gap', gap, from };
    } else if (event) {
      yield { kind: 'event', event, from };
    }
  }

  /** A crash may have cut this batch, and the next batch may repeat it completely, so this method does not yield it yet. */
  private *close(): Generator<ReceivedItem> {
    if (!this.open) return;
    const { facts, events, gaps } = this.open;
    this.open = undefined;
    const batch = { ...facts, events, gaps };
    if (this.held && isBeginningOf(this.held, batch)) this.torn += 1;
    else if (this.held) yield { kind: 'batch', batch: this.held, from: this.from };
    this.held = batch;
  }
}

function isBeginningOf(one: StreamBatch, other: StreamBatch): boolean {
  if (one.id !== other.id || entries(one) >= entries(other)) return false;
  const cut = {
    ...other,
    events: other.events.slice(0, one.events.length),
    gaps: other.gaps.slice(0, one.gaps.length),
  };
  return canonicalJson(cut) === canonicalJson(one);
}

function entries({ events, gaps }: StreamBatch): number {
  return events.length + gaps.length;
}

function isBatch(line: Members): line is Members & StreamBatch {
  return Array.isArray(line.events) && Array.isArray(line.gaps) && isFacts(line);
}

function isFacts(given: unknown): given is OpenBatch['facts'] {
  const { id, stream, test, first, last, previousHash, selection } = Object(given) as Members;
  const texts = [id, stream, previousHash].every((each) => typeof each === 'string');
  const isThere = (place: unknown): boolean => isPlace(place) || (test === true && place === NO_PLACE);
  return texts && isThere(first) && isThere(last) && typeof selection === 'object' && selection !== null;
}

function isPlace(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function eventOf({ index, id, event, leafHash, proof, ...rest }: Members, isTest: boolean): StreamedEvent | undefined {
  if (!(isPlace(index) || (isTest && index === NO_PLACE)) || typeof id !== 'string' || typeof leafHash !== 'string')
    return undefined;
  const own = typeof event === 'object' && event !== null ? event : { ...withoutBatch(rest), id };
  return {
    ...{ index: Number(index), id, event: own as StreamedEvent['event'], leafHash },
    ...(proof === undefined ? {} : { proof: proof as NonNullable<StreamedEvent['proof']> }), // the check of the leaf includes the proof
  };
}

function withoutBatch(event: Members): Members {
  return Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'batch'));
}

function gapOf({ gap, type, details }: Members): GapRecord | undefined {
  if (typeof gap === 'object' && gap !== null) return gap as GapRecord; // CopyCheck checks the signature
  return type === GAP_TYPE ? (stated(details) as GapRecord | undefined) : undefined;
}

/** The caller checks the signature. */
function stated(details: unknown): object | undefined {
  const { note } = Object(details) as Members;
  if (typeof note !== 'string') return undefined;
  try {
    return { ...(parseJson(note.split('\n')[2] ?? '') as Members), stream: undefined, note };
  } catch {
    return undefined;
  }
}
