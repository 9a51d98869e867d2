import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { withTimeout } from '../../../audit/nest-free.js';
import { explainLedgerError } from '../../store/sessions/classify-ledger-error.js';
import { LedgerRooms } from '../../store/ledger-rooms.service.js';
import type { LedgerRow } from '../../store/ledger-row.js';
import { LedgerStateReader } from '../../store/sessions/ledger-pools.service.js';
import { readLedgerState } from '../../store/ledger-state.js';
import type { KnownLedger } from '../../store/health-part.js';
import { TIMING } from '../../store/timing.js';
import { CheckpointPublisher, PUBLISHED_AGES } from '../publishing/checkpoint-publisher.service.js';

interface LastRead extends Pick<KnownLedger, 'state' | 'published' | 'roomRows'> {
  readonly atMs: number;
}

/** Reads the ledger's state on request, and remembers the state. Callers wait together for one read, and only briefly. */
@Injectable()
export class LedgerStatus implements OnApplicationShutdown {
  private lastRead: LastRead = {
    ...{ state: undefined, published: new Map(), roomRows: new Map() },
    atMs: performance.now(),
  };
  private error: unknown;
  private reading: Promise<void> | undefined;

  constructor(
    @Inject(LedgerStateReader) private readonly reader: Pick<LedgerStateReader, 'rows'>,
    @Inject(CheckpointPublisher) private readonly publisher: Pick<CheckpointPublisher, 'destinationStates'>,
    @Inject(LedgerRooms) private readonly rooms: Pick<LedgerRooms, 'all'>,
  ) {}

  /** Reads the state of the ledger, and returns the newest state that is known within {@link TIMING.scrapeMs}. Never rejects. */
  async newest(): Promise<KnownLedger> {
    const waitMs = TIMING.scrapeMs;
    await withTimeout(waitMs, this.refresh(), () => (this.error = new Error(`timeout: no answer within ${waitMs} ms`)));
    const { atMs, ...lastRead } = this.lastRead;
    return { isUp: this.error === undefined, ...lastRead, ageSeconds: (performance.now() - atMs) / 1_000 };
  }

  /** Returns the state, like {@link newest}. @throws `AUDIT_LEDGER_UNAVAILABLE` */
  async read(): Promise<KnownLedger> {
    const known = await this.newest();
    if (this.error !== undefined) throw explainLedgerError(this.error);
    return known;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.reading;
  }

  private refresh(): Promise<void> {
    return (this.reading ??= this.readOnce().finally(() => (this.reading = undefined)));
  }

  private async readOnce(): Promise<void> {
    try {
      const state = await readLedgerState(this.reader);
      const published = await this.readPublished().catch(() => new Map<string, number>()); // the publisher's health reports the error
      this.lastRead = { state, published, roomRows: await this.readRooms(), atMs: performance.now() };
      this.error = undefined;
    } catch (error) {
      this.error = error; // the writers log the error
    }
  }

  /** A room whose tables are missing is left out, because the room's jobs report that failure. */
  private async readRooms(): Promise<ReadonlyMap<string, LedgerRow>> {
    const roomRows = new Map<string, LedgerRow>();
    for (const { asks } of this.rooms.all) {
      const [row] = asks === undefined ? [] : await this.reader.rows(asks).catch(() => []);
      if (asks !== undefined && row) roomRows.set(asks, row);
    }
    return roomRows;
  }

  private async readPublished(): Promise<ReadonlyMap<string, number>> {
    const names = this.publisher.destinationStates.map(({ name }) => name);
    if (names.length === 0) return new Map();
    const rows = await this.reader.rows(PUBLISHED_AGES, [names]);
    return new Map(rows.map(({ destination, age }) => [String(destination), Math.max(Number(age), 0)]));
  }
}
