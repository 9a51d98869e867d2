import { HASH_BYTES } from '../log/merkle/hashes.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { WITNESSES, type LogSource, type RangeReading } from './log-reading.js';
import type { RangeWorkers } from './range-workers.js';
import { type Excused, readRange } from './read-range.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { storedBytes } from './stored-bytes.js';

const TILE = 'SELECT substring(hashes FROM 1 FOR $3) AS hashes FROM audit_tile WHERE level = $1 AND index = $2';

/** The ledger in a snapshot of the database. */
export class DatabaseSource implements LogSource {
  readonly witnesses = WITNESSES;
  readonly names = { events: 'audit_event', leaves: 'audit_leaf', tiles: 'audit_tile' };

  /**
   * @param excused the acts that allow events to be missing, or to lack their personal part
   * @param threads read the ranges; without them, this thread does, `pageRows` at a time
   */
  constructor(
    private readonly snapshot: LedgerSession,
    private readonly trust: CheckpointTrust,
    private readonly excused: Excused = { retirements: [], erasures: [] },
    private readonly threads?: { readonly workers: RangeWorkers; readonly count: number },
    private readonly pageRows?: number,
  ) {}

  /** One more than the number of threads, so that none waits while a range is checked. */
  get concurrency(): number {
    return this.threads ? this.threads.count + 1 : 1;
  }

  async readRange(from: number, to: number): Promise<RangeReading> {
    if (this.threads) return this.threads.workers.readRange(from, to);
    const { trust, excused, pageRows } = this;
    return readRange(this.snapshot, { from, to }, { trust, ...excused, pageRows });
  }

  async readTile(level: number, index: number, width: number): Promise<Uint8Array | undefined> {
    const [row] = await this.snapshot.rows(TILE, [level, index, width * HASH_BYTES], 'verify_tile');
    return row && storedBytes(row.hashes);
  }
}
