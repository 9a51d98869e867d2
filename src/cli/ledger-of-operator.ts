import { buildOwnEvent } from '../audit/plain.js';
import { describeRead } from '../modules/monitoring/access/describe-read.js';
import type { LedgerAccess } from '../modules/monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../modules/monitoring/access/ledger-reads.js';
import { signAnswer } from '../modules/monitoring/acts/answers.js';
import type { StatementSigner } from '../modules/monitoring/log/notes/statement.js';
import { appendEvent } from '../modules/monitoring/store/append-own-event.js';
import { inChange, type ChangeRecorder } from '../modules/monitoring/store/change-recorder.js';
import { KEEPER } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../modules/monitoring/store/sessions/ledger-session.js';
import { limitsWithin } from '../modules/monitoring/store/sessions/session-limits.js';
import { storeOwnEvent } from '../modules/monitoring/store/store-own-event.js';

const TIMEOUT_MS = 20_000;

/** Records that somebody read something. */
export type NoteRead = (filters: Readonly<Record<string, unknown>>, shown: number) => Promise<void>;

/**
 * Makes the changes of the person who runs a command, with their events.
 *
 * @param signer the ledger's key; a command that only reads needs none
 */
export function changesBy(id: string, sealerUrl: string, signer: StatementSigner | undefined): ChangeRecorder {
  return {
    within: (key, settings, work) =>
      LedgerSession.use(sealerUrl, KEEPER, limitsWithin(TIMEOUT_MS), (session) =>
        inChange(session, key, settings, () =>
          work(session, async (action, input) => {
            const event = buildOwnEvent(action, { ...input, actor: { type: 'admin', id } });
            const signed = signer ? signAnswer(signer, event) : event;
            await appendEvent(session, signed);
            return signed;
          }),
        ),
      ),
  };
}

/** Records the reads of the person who runs a command. */
export function noteReadsBy(id: string, connectionUrl: string, access: LedgerAccess): NoteRead {
  return async (filters, shown) => {
    const read = { ...describeRead({ access, filters, shown }), actor: { type: 'admin', id } as const };
    await storeOwnEvent(connectionUrl, LEDGER_READS.viewed, read);
  };
}
