import 'reflect-metadata';
import { Catalogue } from '../audit/plain.js';
import type { LedgerAccess } from '../modules/monitoring/access/ledger-access.js';
import type { StatementSigner } from '../modules/monitoring/log/notes/statement.js';
import type { Archives } from '../modules/monitoring/archive/archives.js';
import { ArchivedEvents } from '../modules/monitoring/query/archived/archived-events.service.js';
import { ARCHIVE_QUERY } from '../modules/monitoring/query/archived/archive-query-options.js';
import { AuditQuery } from '../modules/monitoring/query/audit-query.service.js';
import { EventSamples } from '../modules/watch/sample/event-samples.service.js';
import { DailyReviews, type ReviewStep } from '../modules/watch/review/daily-reviews.js';
import { takeStep, type NewStep } from '../modules/watch/review/take-step.js';
import { LedgerReader } from '../modules/monitoring/store/ledger-reader.service.js';
import { ledgerTrust } from '../modules/monitoring/verify/known-keys.js';
import { Alerts } from '../modules/watch/alerts/alerts.service.js';
import { changesBy, noteReadsBy, type NoteRead } from './ledger-of-operator.js';

/** The connection of a command to the reviews of a ledger. */
export interface ReviewsCall {
  readonly connectionUrl: string;
  /** The address for the login that seals. */
  readonly sealerUrl: string;
  readonly access: LedgerAccess;
  /** The person who runs the command, for the events. */
  readonly by: string;
  /** The ledger's key; absent if the command only reads. */
  readonly signer: StatementSigner | undefined;
  readonly archives: Archives;
  /** The ledger's verifier keys; empty: those that the database names. */
  readonly verifierKeys: readonly string[];
}

/** The reviews of a ledger, without an application. */
export interface CommandReviews {
  readonly reviews: DailyReviews;
  readonly noteRead: NoteRead;
  /** Comments on a day, or signs it off. */
  readonly take: (day: string, step: NewStep) => Promise<ReviewStep>;
}

/** Runs `work` with the reviews of a ledger. Comments and sign-offs are recorded as those of the person who runs the command. */
export async function withReviews<Result>(
  { connectionUrl, sealerUrl, access, by, signer, archives, verifierKeys }: ReviewsCall,
  work: (reviews: CommandReviews) => Promise<Result>,
): Promise<Result> {
  const reader = new LedgerReader({ connectionUrl, maxReadConnections: 1 });
  try {
    const catalogue = new Catalogue();
    const archived = new ArchivedEvents(reader, archives, { archiveQuery: ARCHIVE_QUERY });
    const samples = new EventSamples(reader, catalogue);
    const ledger = new AuditQuery(reader, catalogue, archived);
    const changes = changesBy(by, sealerUrl, signer);
    const trust = await ledgerTrust({ rows: async (text, values = []) => reader.rows(text, values) }, verifierKeys);
    const reviews = new DailyReviews(reader, ledger, samples, new Alerts(ledger, changes, { trust }), () => trust);
    return await work({
      reviews,
      noteRead: noteReadsBy(by, connectionUrl, access),
      take: (day, step) =>
        changes.within(`audit_day ${day}`, {}, async (_session, record) =>
          takeStep(await reviews.find(access, day), step, { access, by, reader, record }),
        ),
    });
  } finally {
    await reader.onApplicationShutdown();
  }
}
