import { createHash } from 'node:crypto';
import { AuditError, canonicalJson, errorMessage } from '../../../audit/plain.js';
import type { TreeHead } from '../../monitoring/log/merkle/verify-consistency.js';
import { HASH_BYTES } from '../../monitoring/log/merkle/hashes.js';
import { verifyCheckpoint, type CheckpointTrust } from '../../monitoring/log/notes/checkpoint.js';
import { decodeBase64 } from '../../monitoring/log/notes/encoding.js';
import { leafOfShown } from '../../monitoring/sealing/leaf-of-shown.js';
import { digestOf, type PersonalChoice } from '../selection.js';
import { isRecordSigned } from '../signed-record.js';
import type { GapRecord, RetiredRecord, StreamBatch, StreamedEvent } from '../stream-destination.js';
import { BatchChain } from './batch-chain.js';
import type { ReceivedItem } from './batch-of-lines.js';
import type { CoveredPlaces } from './check-places.js';
import type { CopyFindings } from './copy-finding.js';
import type { LeafFile } from './leaf-file.js';
import type { StatedSelection } from './sent-by-ledger.js';

const NO_COUNTS = {
  batches: 0,
  /** Batches and events that the copy has more than once, unchanged. */
  repeated: 0,
  events: 0,
  /** Events whose personal values match the sealed hash. */
  personalProven: 0,
  /** Events with pseudonyms, which cannot be compared with the sealed hash. */
  personalUnproven: 0,
  gaps: 0,
  retired: 0,
  checkpoints: 0,
  /** Events of replays. */
  replayed: 0,
  /** Test events, which the ledger does not have. */
  tests: 0,
};

export type CopyCounts = typeof NO_COUNTS;

interface Where {
  readonly batch?: string;
}

/** Reads a destination's copy of a stream, and checks each item by itself: events against their leaves, and notes against the ledger's keys. */
export class CopyCheck {
  readonly chain = new BatchChain();
  readonly counts = { ...NO_COUNTS };
  readonly heads: TreeHead[] = [];
  readonly retired: { readonly first: number; readonly last: number }[] = [];
  /** The ranges that replays cover. Replays have a separate chain, but their events count as events of the stream. */
  readonly replays: CoveredPlaces[] = [];
  /** The sequence numbers of gaps. A later event with the sequence number of a gap replaces that gap. */
  readonly gaps = new Set<number>();
  /** Whether the copy has events without their batches. */
  hasLooseEvents = false;
  private lastLoose = -1;
  /** The number of events without a batch that come after an event with a higher sequence number. */
  looseSteps = 0;

  constructor(
    private readonly stream: string,
    private readonly trust: CheckpointTrust,
    private readonly leaves: LeafFile,
    private readonly findings: CopyFindings,
    private readonly selections?: readonly StatedSelection[],
  ) {}

  take(item: ReceivedItem): void {
    this.hasLooseEvents ||= item.kind !== 'batch' && item.kind !== 'unreadable' && item.kind !== 'test';
    switch (item.kind) {
      case 'batch':
        this.readBatch(item.batch, item.from);
        break;
      case 'event':
        if (item.event.index < this.lastLoose) this.looseSteps += 1;
        this.lastLoose = item.event.index;
        this.takeEvent(item.event, {});
        break;
      case 'gap':
        this.takeGap(item.gap, {});
        break;
      case 'retired':
        this.takeRetired(item.record, {});
        break;
      case 'test':
        this.counts.tests += 1;
        break;
      case 'unreadable':
        this.findings.add('unreadable', {}, item.what);
    }
  }

  private readBatch(batch: StreamBatch, from: string): void {
    try {
      this.takeBatch(batch, from);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof AuditError)) throw error;
      this.findings.add('unreadable', { batch: batch.id }, `${from} has an object that is not a batch of a stream`);
    }
  }

  private takeBatch(batch: StreamBatch, from: string): void {
    const { id, stream, replay, test, first, last, selection } = batch;
    if (stream !== this.stream) {
      this.findings.add('foreign', { batch: id }, `${from} has this batch of the stream ${stream}`);
      return;
    }
    if (test === true) {
      this.counts.tests += 1;
      return;
    }
    if (!this.isStated(batch)) {
      const what = 'its filter, access or personal option is not the one that the stream had for these events';
      this.findings.add('altered', { batch: id, index: first, lastIndex: last }, what);
    }
    if (replay !== undefined) {
      this.counts.replayed += batch.events.length;
      this.replays.push({ first, last, selection });
      this.takeEntries(batch);
      return;
    }
    const added = this.chain.add(batch, createHash('sha256').update(canonicalJson(batch)).digest('base64'));
    if (added === 'repeated') {
      this.counts.repeated += 1;
      return;
    }
    if (added === 'other')
      this.findings.add(
        'twice',
        { batch: id, index: first, lastIndex: last },
        'the copy has another batch with this id',
      );
    this.counts.batches += 1;
    this.takeEntries(batch);
  }

  private isStated({ selection, last }: StreamBatch): boolean {
    const digest = digestOf(selection);
    return this.selections?.some((each) => each.digest === digest && last < each.end) ?? true;
  }

  private takeEntries({ id, first, last, events, gaps, retired = [], checkpoint, selection }: StreamBatch): void {
    const at = { batch: id };
    let before = first - 1;
    for (const event of events) {
      if (event.index <= before || event.index > last) {
        const what = `it is out of order, or outside the range of its batch, ${first} to ${last}`;
        this.findings.add('altered', { ...at, index: event.index, eventId: event.id }, what);
      }
      before = event.index;
      this.takeEvent(event, at, selection.personal);
    }
    for (const gap of gaps) this.takeGap(gap, at);
    for (const record of retired) this.takeRetired(record, at);
    if (checkpoint !== undefined) this.takeCheckpoint(checkpoint, at);
  }

  private takeEvent(streamed: StreamedEvent, { batch }: Where, personal?: PersonalChoice): void {
    const { index, id, event, leafHash, proof = {} } = streamed;
    const at = { index, eventId: id, ...(batch !== undefined && { batch }) };
    const stated = decodeBase64(leafHash);
    const leaf = leafOfShown(structuredClone(event), proof); // a foreign copy may have any value as an event
    if (stated?.length !== HASH_BYTES || !leaf || event.id !== id || !stated.equals(leaf.leafHash)) {
      this.findings.add('altered', at, 'the event does not give the hash of its leaf');
      return;
    }
    if (leaf.personal === 'other' || (leaf.personal === 'unproven' && personal === 'include')) {
      this.findings.add('altered', at, 'its personal values do not match the sealed hash');
    }
    if (leaf.personal === 'proven') this.counts.personalProven += 1;
    if (leaf.personal === 'unproven') this.counts.personalUnproven += 1;
    const known = this.leaves.get(index);
    if (known && !this.gaps.delete(index)) {
      if (!known.equals(stated)) {
        this.findings.add('twice', at, 'the copy has another event with this index');
        return;
      }
      if (batch === undefined) this.counts.repeated += 1;
      return;
    }
    if (known && !known.equals(stated)) this.findings.add('altered', at, 'the gap record names another event');
    this.counts.events += 1;
    this.leaves.put(index, stated);
  }

  private takeGap(gap: GapRecord, at: Where): void {
    const leaf = decodeBase64(gap.leafHash);
    const place = { index: gap.index, eventId: gap.id, ...at };
    if (leaf?.length !== HASH_BYTES || !isRecordSigned('gap', this.stream, gap, this.trust)) {
      this.findings.add('gap_forged', place, 'no key of the ledger signed this gap record of the stream');
      return;
    }
    if (this.leaves.get(gap.index)) return; // the copy has the event, in another batch
    this.counts.gaps += 1;
    this.gaps.add(gap.index);
    this.leaves.put(gap.index, leaf);
  }

  private takeRetired(record: RetiredRecord, at: Where): void {
    const { first, last } = record;
    if (!isRecordSigned('retired', this.stream, record, this.trust)) {
      this.findings.add(
        'gap_forged',
        { index: first, lastIndex: last, ...at },
        'no key of the ledger signed this record of retired events',
      );
      return;
    }
    this.counts.retired += last - first + 1;
    this.retired.push({ first, last });
  }

  private takeCheckpoint(note: string, at: Where): void {
    try {
      const { size, rootHash } = verifyCheckpoint(note, this.trust).checkpoint;
      this.counts.checkpoints += 1;
      this.heads.push({ size, rootHash });
    } catch (error) {
      if (!(error instanceof AuditError)) throw error;
      this.findings.add('checkpoint_forged', at, errorMessage(error));
    }
  }
}
