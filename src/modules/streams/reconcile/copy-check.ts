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
  /** Batches and events that occur again, unchanged. */
  repeated: 0,
  events: 0,
  /** Events whose personal values are those that were sealed. */
  personalProven: 0,
  /** Events whose personal values nothing proves, because they are pseudonyms. */
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

/** Reads a copy item by item, and checks each one by itself: leaves against events, notes against the ledger's keys. */
export class CopyCheck {
  readonly chain = new BatchChain();
  readonly counts = { ...NO_COUNTS };
  readonly heads: TreeHead[] = [];
  readonly retired: { readonly first: number; readonly last: number }[] = [];
  /** The places that replays cover. They have a chain of their own, and their events count for the stream. */
  readonly replays: CoveredPlaces[] = [];
  /** The places of gaps. A later event for the place replaces the gap. */
  readonly gaps = new Set<number>();
  /** Whether events came without their batches. */
  hasLooseEvents = false;
  private lastLoose = -1;
  /** How often an event without a batch followed a later one. */
  looseSteps = 0;

  constructor(
    private readonly stream: string,
    private readonly trust: CheckpointTrust,
    private readonly leaves: LeafFile,
    private readonly findings: CopyFindings,
    /** Absent offline: then it is unknown what the stream selected. */
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
      this.findings.add('unreadable', { batch: batch.id }, `it is not a batch of a stream, in ${from}`);
    }
  }

  private takeBatch(batch: StreamBatch, from: string): void {
    const { id, stream, replay, test, first, last, selection } = batch;
    if (stream !== this.stream) {
      this.findings.add('foreign', { batch: id }, `it is of the stream ${stream}, in ${from}`);
      return;
    }
    if (test === true) {
      this.counts.tests += 1;
      return;
    }
    if (!this.isStated(batch)) {
      const what = 'it has another filter, access or way with personal data than the stream had for its places';
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
      this.findings.add('twice', { batch: id, index: first, lastIndex: last }, 'it is there with another body');
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
        const what = `it is out of the order or the places of its batch, ${first} to ${last}`;
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
    const said = decodeBase64(leafHash);
    // In a copy from elsewhere, this may be anything: another object has no leaf.
    const leaf = leafOfShown(structuredClone(event), proof);
    if (said?.length !== HASH_BYTES || !leaf || event.id !== id || !said.equals(leaf.leafHash)) {
      this.findings.add('altered', at, 'the event does not give the hash of its leaf');
      return;
    }
    if (leaf.personal === 'other' || (leaf.personal === 'unproven' && personal === 'include')) {
      this.findings.add('altered', at, 'its personal values are not those that were sealed');
    }
    if (leaf.personal === 'proven') this.counts.personalProven += 1;
    if (leaf.personal === 'unproven') this.counts.personalUnproven += 1;
    const known = this.leaves.get(index);
    if (known && !this.gaps.delete(index)) {
      if (!known.equals(said)) {
        this.findings.add('twice', at, 'another event is there for this place');
        return;
      }
      if (batch === undefined) this.counts.repeated += 1;
      return;
    }
    if (known && !known.equals(said)) this.findings.add('altered', at, 'it is not the event that the gap record names');
    this.counts.events += 1;
    this.leaves.put(index, said);
  }

  private takeGap(gap: GapRecord, at: Where): void {
    const leaf = decodeBase64(gap.leafHash);
    const place = { index: gap.index, eventId: gap.id, ...at };
    if (leaf?.length !== HASH_BYTES || !isRecordSigned('gap', this.stream, gap, this.trust)) {
      this.findings.add('gap_forged', place, 'no key of the ledger signed this gap record of the stream');
      return;
    }
    if (this.leaves.get(gap.index)) return; // the event occurred before, in another batch
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
        'no key of the ledger signed this record of retired places',
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
