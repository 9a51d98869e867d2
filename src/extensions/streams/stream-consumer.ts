import { uuidv7 } from 'uuidv7';
import { formatErrorWithCause, getOwnPackage, parseJson, type JsonObject } from '../../audit/nest-free.js';
import type {
  ConsumerPosition,
  BatchOutcome,
  PreparedBatch,
  RangeConsumer,
  SkippedRange,
} from '../../monitoring/consumers/range-consumer.js';
import { signRecords } from '../../monitoring/consumers/signed-records.js';
import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import { parseIdTime } from '../../monitoring/store/id-time.js';
import type { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import type { OpenDestination } from './define-destination.js';
import { resolveDestinationType } from './destinations/destination-types.js';
import { shownUrl } from './destinations/network.js';
import { redactReason } from './redact-personal.js';
import type { SelectedEvents } from './selected-events.js';
import { digestValue, toSelection, type Selection } from './selection.js';
import { formatBatch, hashBatch, signBatch } from './signed-batch.js';
import type { RetiredRecord, StreamBatch, StreamedEvent, StreamResult } from './stream-destination.js';
import type { ResolvedStream } from './streams-options.js';

/** What the signed note states beside the position. With an old state, the stream sends some events again, which is harmless. */
interface StreamState {
  /** The SHA-256 of the last acknowledged batch; the next batch states it. */
  readonly previousHash: string;
  /** The size of the newest checkpoint that was sent. */
  readonly checkpointSize: number;
  /** The range before the position that no batch covers yet, because `as` selects no event of it. */
  readonly searched?: { readonly first: number; readonly end: number; readonly as: Selection } | undefined;
}

/** What a frozen batch needs to be made again with the same bytes. */
interface Frozen {
  readonly id: string;
  /** The first sequence number that the batch states. */
  readonly first: number;
  /** The size of the newest checkpoint when the batch was frozen. */
  readonly checkpointSize: number;
  readonly hash: string;
  readonly selection: Selection;
  /** The digest of the stream's settings. If the settings have changed, the stream makes another batch. */
  readonly settings: string;
}

/** A batch to make: `from` is the first sequence number that can have an event for the stream. */
interface Selected extends Pick<Frozen, 'first' | 'checkpointSize' | 'selection'> {
  readonly id?: string;
  readonly from: number;
  readonly last: number;
  readonly retried: number | undefined;
  readonly found?: readonly StreamedEvent[];
}

const MAX_GAPS = 10_000;
const CHECKPOINT = 'SELECT note FROM audit_checkpoint WHERE size = $1';

/** Sends the events of a stream, one batch at a time, within its batch size and its rate limit. */
export class StreamConsumer implements RangeConsumer {
  readonly name: string;
  readonly from: 'now' | 'beginning';
  readonly delaysRetention: boolean;
  readonly access: RangeConsumer['access'];
  readonly about: JsonObject;
  readonly maxEvents: number;
  private readonly settings: string;
  private open: OpenDestination | undefined;
  private late = 0;

  constructor(
    private readonly stream: ResolvedStream,
    private readonly events: SelectedEvents,
    private readonly reader: Pick<LedgerReader, 'rows'>,
    private readonly signer: StatementSigner & { readonly origin: string },
  ) {
    const { name, from, delaysRetention, access, destination, batch, eventsPerSecond } = stream;
    const { describe, acknowledgment } = resolveDestinationType(destination);
    [this.name, this.from, this.delaysRetention, this.access] = [name, from, delaysRetention, access];
    this.about = { destination: describe(destination), acknowledgment };
    this.maxEvents = Math.min(batch.maxEvents, Math.max(Math.ceil(eventsPerSecond), 1));
    this.settings = digestSettings(stream);
  }

  /** The age of the last batch's oldest event, in milliseconds. The age is 0 if no event waits, or the destination does not answer. */
  get lateMs(): number {
    return this.late;
  }

  pauseAfter(events: number): number {
    return (events / this.stream.eventsPerSecond) * 1_000;
  }

  async close(): Promise<void> {
    await this.open?.close();
    this.open = undefined;
  }

  /** If the search finds no event, moves to the end of the searched range. */
  async prepare(position: ConsumerPosition): Promise<PreparedBatch | SkippedRange> {
    await this.events.pace.acquire();
    const frozen = position.frozen?.more as Frozen | undefined; // prepared() wrote it
    if (frozen?.settings === this.settings) return this.again(position, frozen);
    const { first: from, end, sealed: checkpointSize, retry: retried } = position;
    const selection = toSelection(this.stream);
    const searched = getSearchedRange(position);
    const first = searched?.first ?? from;
    if (retried !== undefined) {
      return this.make(position, { first: retried, from: retried, last: retried, retried, checkpointSize, selection });
    }
    // If the selection changed, a batch without events first ends the range that was searched under the old selection.
    if (searched && digestValue(searched.as) !== digestValue(selection)) {
      const older = { first, from, last: from - 1, retried, checkpointSize, selection: searched.as, found: [] };
      return this.make(position, older);
    }
    const last = Math.min(from + MAX_GAPS, end) - 1;
    if (last < from) {
      this.late = 0;
      return { skipTo: from };
    }
    const range = { first: from, last, limit: position.limit, maxBytes: this.stream.batch.maxBytes };
    const { events: found, isCut } = await this.events.readFitting(selection, range);
    const covered = isCut || found.length === position.limit ? (found.at(-1)?.index ?? last) : last;
    if (found.length === 0 && (await this.retired(selection, from, covered, found)).length === 0) {
      const carried = { ...getCheckpointState(position), searched: { first, end: last + 1, as: selection } };
      return { skipTo: last + 1, carried: toJsonObject(carried) };
    }
    return this.make(position, { first, from, last: covered, retried, checkpointSize, selection, found });
  }

  /** Makes a frozen batch again, with the same bytes. The batch gets other bytes and another id only if the ledger or the options changed. */
  private async again(position: ConsumerPosition, frozen: Frozen): Promise<PreparedBatch> {
    const { end = 0, retried } = position.frozen ?? {};
    const { id, first, checkpointSize, selection } = frozen;
    const [from, last] = [retried ?? position.first, end - 1];
    const made = await this.make(position, { id, first, from, last, retried, checkpointSize, selection });
    if (made.more.hash === frozen.hash) return made;
    const isOlder = retried === undefined && last < position.first;
    const current = isOlder ? { selection, found: [] } : { selection: toSelection(this.stream) };
    return this.make(position, { first, from, last, retried, checkpointSize, ...current });
  }

  private async make(
    position: ConsumerPosition,
    { id = uuidv7(), first, from, last, retried, checkpointSize, selection, found }: Selected,
  ): Promise<PreparedBatch> {
    const { previousHash, checkpointSize: sentSize } = getCheckpointState(position);
    const gaps = retried === undefined ? await position.parkedIn({ first, end: last + 1 }) : [];
    const parked = new Set(gaps.map(({ index }) => index));
    const events = found ?? (await this.events.read(selection, { first: from, last, limit: last - from + 1 }));
    const retired = retried === undefined ? await this.retired(selection, from, last, events) : [];
    const checkpoint = checkpointSize > sentSize ? await this.checkpoint(checkpointSize) : undefined;
    const unsigned = {
      ...{ id, stream: this.name, first, last, previousHash },
      ...(position.replay === undefined ? {} : { replay: position.replay }),
      ...(checkpoint === undefined ? {} : { checkpoint }),
      selection,
      ...{ events: events.filter(({ index }) => !parked.has(index)), gaps },
      ...(retired.length > 0 && { retired }),
    };
    this.events.pace.begin();
    const hash = hashBatch(formatBatch(unsigned));
    await this.events.pace.rest();
    const batch = { ...unsigned, note: await signBatch(this.name, hash, this.signer) };
    const more: Frozen = { id, first, checkpointSize, hash, selection, settings: this.settings };
    const searched = retried === undefined ? undefined : getCheckpointState(position).searched;
    const carried = { previousHash: hash, checkpointSize: Math.max(sentSize, checkpointSize), searched };
    return {
      ...{ first: from, end: last + 1, retried, more: toJsonObject(more), carried: toJsonObject(carried) },
      events: batch.events.map(({ index }) => index),
      handle: (signal) => this.send(batch, signal),
    };
  }

  private async retired(
    { access, filter }: Selection,
    from: number,
    last: number,
    events: readonly StreamedEvent[],
  ): Promise<readonly RetiredRecord[]> {
    const isComplete = access.scope === 'all' && Object.keys(filter).length === 0;
    if ((isComplete && events.length === last - from + 1) || last < from) return [];
    return signRecords('retired', this.name, await this.events.retired(from, last), this.signer);
  }

  private async checkpoint(size: number): Promise<string | undefined> {
    const [row] = await this.reader.rows(CHECKPOINT, [size]);
    return row && String(row.note);
  }

  /** A server may echo the stream's secrets and the batch's personal values in its answer, so this method hides them. */
  private async send(batch: StreamBatch, signal: AbortSignal): Promise<BatchOutcome> {
    const [oldest] = batch.events;
    const result = await this.attempt(batch, signal);
    this.late = result.outcome === 'accepted' && oldest ? Date.now() - parseIdTime(oldest.id).getTime() : 0;
    if (result.outcome === 'accepted') return { outcome: 'handled' };
    const reason = redactReason(result.reason, this.stream, batch);
    if (result.outcome !== 'refused') return { ...result, reason };
    const named = batch.events.filter(({ id }) => result.events?.includes(id));
    return { outcome: 'refused', reason, park: named.map(({ index }) => index) };
  }

  private async attempt(batch: StreamBatch, signal: AbortSignal): Promise<StreamResult> {
    const { pace } = this.events;
    const { origin } = this.signer;
    const { destination } = this.stream;
    try {
      this.open ??= resolveDestinationType(destination).open(destination, {
        origin,
        version: getOwnPackage()?.version ?? '0',
      });
      const entries = batch.events.length + batch.gaps.length + (batch.retired?.length ?? 0);
      if (entries === 0 && !this.open.sendsBatches) return { outcome: 'accepted' };
      pace.begin();
      const sent = this.open.send(batch, signal);
      pace.end();
      return await sent;
    } catch (error) {
      return { outcome: 'retry', reason: formatErrorWithCause(error) }; // send() hides secrets in the reason
    }
  }
}

function getCheckpointState({ carried }: ConsumerPosition): StreamState {
  return { previousHash: '', checkpointSize: 0, ...(carried as Partial<StreamState>) }; // make() and prepare() wrote it
}

/** Somebody may have moved the stream to another position since the search. */
function getSearchedRange(position: ConsumerPosition): StreamState['searched'] {
  const { searched } = getCheckpointState(position);
  return searched?.end === position.first ? searched : undefined;
}

/** JSON leaves out undefined members. */
function toJsonObject(value: object): JsonObject {
  return parseJson(JSON.stringify(value)) as JsonObject; // an object
}

/** The destination's secrets are left out, because secrets do not change the sent bytes. */
function digestSettings(stream: ResolvedStream): string {
  const { destination, delaysRetention, batch, eventsPerSecond } = stream;
  const { names } = resolveDestinationType(destination);
  const shown = Object.entries(destination).flatMap(([name, value]: readonly [string, unknown]) =>
    names[name] === true ? [[name, shownUrl(value)]] : [],
  );
  const facts = { destination: Object.fromEntries(shown) as object, delaysRetention, batch, eventsPerSecond };
  return digestValue({ ...toSelection(stream), ...facts });
}
