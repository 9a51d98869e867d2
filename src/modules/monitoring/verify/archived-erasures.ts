import { isErasedLine, type ArchiveLine } from '../archive/archive-line.js';
import type { Finding } from './finding.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';

const PAGE = 1_000;
const MAX_FINDINGS = 1_000;

const LISTED = 'SELECT event_id FROM audit_erased WHERE event_id = ANY ($1::uuid[]) AND act = ANY ($2::bigint[])';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Checks an archive's events without a personal part against the acts of erasures, a page at a time. */
export class ArchivedErasures {
  private readonly found: Finding[] = [];
  private page = new Map<string, number>();

  /** @param acts the numbers of the trusted acts */
  constructor(
    private readonly snapshot: LedgerSession,
    private readonly acts: readonly number[],
    private readonly path: string,
  ) {}

  /** Adds the next line. Whether the log has it is checked elsewhere. Rejects with the client's error. */
  async add(line: ArchiveLine): Promise<void> {
    if (!isErasedLine(line) || !UUID.test(line.sealed.id)) return;
    this.page.set(line.sealed.id, line.index);
    if (this.page.size === PAGE) await this.check();
  }

  /** Events that no act erased; at most 1,000. */
  async findings(): Promise<readonly Finding[]> {
    if (this.page.size > 0) await this.check();
    return this.found;
  }

  private async check(): Promise<void> {
    const { page, found } = this;
    this.page = new Map();
    const rows = await this.snapshot.rows(LISTED, [[...page.keys()], this.acts], 'verify_archived_erasures');
    for (const { event_id: id } of rows) page.delete(String(id));
    for (const [eventId, index] of page) {
      if (found.length < MAX_FINDINGS)
        found.push({ kind: 'erasure_forged', table: this.path, index, eventId, what: UNSIGNED });
    }
  }
}

const UNSIGNED = 'its personal part is gone from the archive, and no signed act erased it';
