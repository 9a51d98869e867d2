import { clearTimeout, setTimeout, canonicalJson, Catalogue, getErrorMessage } from '../../../audit/nest-free.js';
import { AsyncResource } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { AuditAggregator, type AuditOutcome } from '../../../audit/index.js';
import { ACCESS_OPTIONS, type LedgerAccess, type AccessOptions } from '../access/ledger-access.js';
import { LEDGER_READS } from '../access/own-events.js';
import { CheckpointSigner } from '../../proof/signing/checkpoint-signer.service.js';
import { toAuditError } from '../../store/sessions/classify-ledger-error.js';
import { LEDGER_COLUMNS } from '../../store/ledger-row.js';
import { STORE_OPTIONS, type StoreOptions } from '../../store/store-options.js';
import { ArchivedEvents } from '../query/archived/archived-events.service.js';
import { resolveOptionalRange } from '../query/time-range.js';
import { toLedgerEvent } from '../query/ledger-event.js';
import { notesOnValues } from '../query/unknown-values.js';
import { PrimaryReader } from '../../store/ledger-reader.service.js';
import { formatManifest, describeExport, EXPORT_RESOURCE, toManifest, type ExportResult } from './export-manifest.js';
import { LedgerExport, type ExportRequest } from './ledger-export.js';
import { readErrors } from '../../errors/read.errors.js';

/** An export whose first bytes are ready. */
export interface StartedExport {
  readonly exportId: string;
  /** The tree size of the export: the export contains only events with a lower index. With this mark, the same export can be repeated. */
  readonly treeSize: number;
  /** The months in the export's range from which events were retired, such as `2026-01`. The export lacks the retired events. */
  readonly archivedMonths: readonly string[];
  /** Notes about values in the filters that occur in no event. */
  readonly notes: readonly string[];
  /** The content of the exported file. Destroying the stream ends the export. */
  readonly stream: Readable;
}

/** Each export needs a connection and a snapshot in PostgreSQL. */
const MAX_CONCURRENT = 4;

/** After this pause of the reader, the export ends, because its snapshot prevents PostgreSQL from dropping partitions. */
const MAX_PAUSE_MS = 120_000;

const SUCCESS = `
  SELECT ${LEDGER_COLUMNS}, NULL AS index FROM audit_event
   WHERE resource_type = '${EXPORT_RESOURCE}' AND resource_id = $1 AND action = $2 AND outcome = 'success'
   ORDER BY id LIMIT 1`;
const NOTE = 'SELECT note FROM audit_checkpoint WHERE size = $1';

/**
 * Exports the ledger as streams. Records one event at the beginning of an export, and one event at its end. The second event states the
 * cause if the export ended early.
 */
@Injectable()
export class AuditExports implements OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly running = new Set<Readable>();
  private count = 0;

  constructor(
    @Inject(STORE_OPTIONS) private readonly store: StoreOptions,
    @Inject(ACCESS_OPTIONS) private readonly access: AccessOptions,
    @Inject(AuditAggregator) private readonly audit: AuditAggregator,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(ArchivedEvents) private readonly archived: ArchivedEvents,
  ) {}

  /**
   * Begins an export, and resolves when its first bytes are ready. The export continues only as fast as the stream is read.
   *
   * @param offset the number of bytes that the client already has. The stream omits these bytes
   * @throws `AUDIT_REQUEST_INVALID`, `AUDIT_BUSY` and `AUDIT_LEDGER_UNAVAILABLE`
   */
  async start(request: ExportRequest, offset = 0): Promise<StartedExport> {
    if (this.count >= MAX_CONCURRENT) throw readErrors.AUDIT_BUSY.exports(this.count);
    this.count += 1;
    const exportId = uuidv7();
    // The stream is read outside of the request's scope, which has the actor.
    const record = AsyncResource.bind(async (outcome: AuditOutcome, end?: ExportResult) => {
      if (!this.access.recordReads) return;
      await this.audit.record(LEDGER_READS.exported, describeExport(exportId, request, outcome, end));
    });
    let run: LedgerExport | undefined;
    try {
      await record('attempted');
      const connectionUrl = this.store.readUrl ?? this.store.connectionUrl;
      run = await LedgerExport.begin({ connectionUrl, origin: this.signer.origin, catalogue: this.catalogue }, request);
      const blocks = skipBytes(run.blocks(), offset);
      const first = await blocks.next();
      // The months are read after the snapshot, because an earlier read could miss a retirement that the snapshot contains.
      const archivedMonths = (await this.archived.monthsWithin(resolveOptionalRange(request.filters))) ?? [];
      const notes = await notesOnValues(this.reader, this.catalogue, request.access, request.filters);
      const stream = this.deliver(run, blocks, first, record);
      return { exportId, treeSize: run.checkpoint.size, archivedMonths, notes, stream };
    } catch (error) {
      run?.close();
      this.count -= 1;
      const explained = toAuditError(error);
      await record('failure', { error: explained });
      throw explained;
    }
  }

  /**
   * Returns the signed manifest of a complete export over HTTP, or `undefined` if there was no such export. A caller with limited access
   * must have the same access as the caller of the export.
   *
   * @throws `AUDIT_LEDGER_UNAVAILABLE`
   */
  async manifest(access: LedgerAccess, exportId: string): Promise<string | undefined> {
    const [row] = await this.reader.eventRows({ scope: 'all' }, SUCCESS, [exportId, LEDGER_READS.exported]);
    // If the personal part of the export's event was erased, the filters of the export are unknown.
    if (!row || (row.personal_commitment !== null && row.personal_salt === null)) return undefined;
    const event = toLedgerEvent({ scope: 'all' }, row);
    const [checkpoint] = await this.reader.rows(NOTE, [event.details.treeSize]);
    const note = checkpoint && String(checkpoint.note);
    const manifest = toManifest(event, this.signer.origin, note);
    if (!manifest || (access.scope !== 'all' && canonicalJson(access) !== canonicalJson(manifest.access)))
      return undefined;
    return this.signer.signText(formatManifest(manifest));
  }

  onApplicationShutdown(): void {
    for (const stream of this.running) stream.destroy();
  }

  private deliver(
    run: LedgerExport,
    blocks: AsyncGenerator<Buffer, void, undefined>,
    first: IteratorResult<Buffer, void>,
    record: (outcome: AuditOutcome, end?: ExportResult) => Promise<void>,
  ): Readable {
    const treeSize = run.checkpoint.size;
    let isDone = false;
    let failure: unknown;
    let pause: NodeJS.Timeout | undefined;
    async function* deliver(): AsyncGenerator<Buffer, void, undefined> {
      try {
        for (let next = first; next.done !== true; next = await blocks.next()) {
          pause = setTimeout(() => stream.destroy(), MAX_PAUSE_MS);
          yield next.value;
          clearTimeout(pause);
        }
        await record('success', { treeSize, progress: run.tally.totals() });
        isDone = true;
      } catch (error) {
        failure = toAuditError(error);
        throw failure;
      }
    }
    const stream: Readable = Readable.from(deliver(), { objectMode: false });
    this.running.add(stream);
    stream.once('close', () => {
      clearTimeout(pause);
      run.close();
      this.running.delete(stream);
      this.count -= 1;
      if (isDone) return;
      record('partial', { treeSize, progress: run.tally.progress, error: failure }).catch((error: unknown) =>
        this.logger.error(`Cannot record that an export ended early: ${getErrorMessage(error)}`),
      );
    });
    return stream;
  }
}

async function* skipBytes(
  blocks: AsyncGenerator<Buffer, void, undefined>,
  offset: number,
): AsyncGenerator<Buffer, void, undefined> {
  let made = 0;
  for await (const block of blocks) {
    const skipped = Math.min(Math.max(offset - made, 0), block.length);
    made += block.length;
    if (skipped < block.length) yield skipped === 0 ? block : block.subarray(skipped);
  }
  if (made < offset) throw readErrors.AUDIT_REQUEST_INVALID.beyondEnd(offset, made);
}
