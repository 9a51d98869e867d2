import { uuidv7 } from 'uuidv7';
import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import { hashOfBatch, signBatch, batchText, signRecords } from './signed-batch.js';
import type { SelectedEvents } from './selected-events.js';
import { digestOf, selectionOf, type Selection } from './selection.js';
import type { RetiredRecord, StreamBatch, StreamedEvent } from './stream-destination.js';
import type { FrozenBatch } from './stream-cursor.js';
import type { StreamProgress, StreamStore } from './stream-store.js';
import type { ResolvedStream } from './streams-options.js';

/** A batch, and the data that the ledger stores about the batch. */
export interface MadeBatch {
  readonly batch: StreamBatch;
  readonly frozen: FrozenBatch;
}

interface Covered extends Required<Pick<FrozenBatch, 'first' | 'last' | 'retried' | 'checkpointSize'>> {
  /** The first sequence number in the batch that can have an event for the stream. */
  readonly from: number;
}

const MOST_PLACES = 10_000;

export class BatchMaker {
  constructor(
    private readonly stream: ResolvedStream,
    private readonly events: SelectedEvents,
    private readonly store: StreamStore,
    private readonly signer: StatementSigner,
  ) {}

  /** Makes the next batch, of at most `limit` events. If the search finds no event, stores the end of the searched range, and returns `undefined`. */
  async next(progress: StreamProgress, limit: number): Promise<MadeBatch | undefined> {
    const selection = selectionOf(this.stream);
    const { position: first, sealed: checkpointSize, retry: retried } = progress;
    if (retried !== undefined) {
      return this.make(progress, selection, { first: retried, from: retried, last: retried, retried, checkpointSize });
    }
    const older = olderSelection(progress, selection);
    if (older) {
      const last = progress.looked - 1;
      return this.make(progress, older, { first, from: last + 1, last, retried, checkpointSize }, []);
    }
    const from = progress.looked;
    const end = Math.min(from + MOST_PLACES, progress.end) - 1;
    if (end < from) return undefined;
    const { maxBytes } = this.stream.batch;
    const places = { first: from, last: end, most: limit, maxBytes };
    const { events, isCut } = await this.events.readFitting(selection, places);
    const last = isCut || events.length === limit ? (events.at(-1)?.index ?? end) : end;
    if (events.length === 0 && (await this.retired(progress, selection, { from, last }, events)).length === 0) {
      await this.store.skipTo(end + 1, selection);
      return undefined;
    }
    return this.make(progress, selection, { first, from, last, retried, checkpointSize }, events);
  }

  /** Makes a frozen batch again, with the same bytes. The batch gets other bytes and another id only if the ledger or the options changed. */
  async again(progress: StreamProgress, frozen: FrozenBatch): Promise<MadeBatch> {
    const { first, last, retried, checkpointSize, selection } = frozen;
    const from = retried ?? Math.max(progress.looked, first);
    const made = await this.make(
      progress,
      selection,
      { first, from, last, retried, checkpointSize },
      undefined,
      frozen.id,
    );
    if (made.frozen.hash === frozen.hash) return made;
    const isOlder = retried === undefined && last < progress.looked;
    const current = isOlder ? selection : selectionOf(this.stream);
    return this.make(progress, current, { first, from, last, retried, checkpointSize }, isOlder ? [] : undefined);
  }

  private async make(
    { position, previousHash, checkpointSize: sentSize, replayOf }: StreamProgress,
    selection: Selection,
    { first, from, last, retried, checkpointSize }: Covered,
    found?: readonly StreamedEvent[],
    id = uuidv7(),
  ): Promise<MadeBatch> {
    const gaps = retried === undefined ? await this.store.gaps(position, last) : [];
    const parked = new Set(gaps.map(({ index }) => index));
    const places = { first: from, last, most: last - from + 1 };
    const events = found ?? (await this.events.read(selection, places));
    const retired = retried === undefined ? await this.retired({ replayOf }, selection, { from, last }, events) : [];
    const checkpoint = checkpointSize > sentSize ? await this.store.checkpoint(checkpointSize) : undefined;
    const stream = replayOf ?? this.stream.name;
    const unsigned = {
      ...{ id, stream, first, last, previousHash },
      ...(replayOf === undefined ? {} : { replay: this.stream.name }),
      ...(checkpoint === undefined ? {} : { checkpoint }),
      selection,
      ...{ events: events.filter(({ index }) => !parked.has(index)), gaps },
      ...(retired.length > 0 && { retired }),
    };
    this.events.pace.begin();
    const hash = hashOfBatch(batchText(unsigned));
    await this.events.pace.rest();
    const batch = { ...unsigned, note: await signBatch(stream, hash, this.signer) };
    return { batch, frozen: { id, first, last, retried, checkpointSize, hash, selection } };
  }

  private async retired(
    { replayOf }: Pick<StreamProgress, 'replayOf'>,
    selection: Selection,
    { from, last }: Pick<Covered, 'from' | 'last'>,
    events: readonly StreamedEvent[],
  ): Promise<readonly RetiredRecord[]> {
    const isWhole = selection.access.scope === 'all' && Object.keys(selection.filter).length === 0;
    if (isWhole && events.length === last - from + 1) return [];
    const places = await this.events.retired(from, last);
    return signRecords('retired', replayOf ?? this.stream.name, places, this.signer);
  }
}

/** If the selection changed, a batch without events first ends the range that was searched under the old selection. */
function olderSelection({ position, looked, lookedAs }: StreamProgress, selection: Selection): Selection | undefined {
  return looked > position && lookedAs && digestOf(lookedAs) !== digestOf(selection) ? lookedAs : undefined;
}
