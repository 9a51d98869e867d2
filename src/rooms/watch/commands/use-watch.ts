import 'reflect-metadata';
import { buildOwnEvent } from '../../../audit/nest-free.js';
import { signReply } from '../../../monitoring/keep/acts/replies.js';
import type { StatementSigner } from '../../../monitoring/proof/log/notes/statement.js';
import { appendEvent } from '../../../monitoring/inbox/append-own-event.js';
import { inChange, type ChangeRecorder } from '../../../monitoring/store/change-recorder.js';
import { KEEPER } from '../../../monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { limitsWithin } from '../../../monitoring/store/sessions/session-limits.js';
import { ledgerTrust } from '../../../monitoring/proof/verify/known-keys.js';
import { Alerts } from '../alerts/alerts.service.js';
import { Suppressions } from '../alerts/suppressions.service.js';
import { Reviews } from '../review/reviews.service.js';
import { Threads } from '../threads/threads.service.js';
import { resolveWatch } from '../watch-options.js';
import { readableArchives } from '../../../cli/connection/archives-of.js';
import type { Call } from '../../../cli/define-command.js';
import { actSigner } from '../../../cli/connection/key-of-environment.js';
import type { OptionDefinitions } from '../../../cli/options.js';
import { eventsOf, recordRead, withReader } from '../../../cli/connection/use-ledger.js';

export { readQuery } from '../../../monitoring/read/query/parse-query.js';
export { AlertQuery } from '../alerts/alert.dto.js';
export { SuppressionQuery } from '../alerts/suppression.dto.js';

const TIMEOUT_MS = 20_000;

type WatchCall = Pick<Call<OptionDefinitions>, 'access' | 'operator' | 'environment' | 'ledger' | 'sealer'>;

/** The alerts and reviews of a ledger, for a command that runs without the application. */
export interface CommandWatch {
  readonly alerts: Alerts;
  readonly suppressions: Suppressions;
  readonly reviews: Reviews;
  readonly threads: Threads;
  readonly noteRead: (filters: Readonly<Record<string, unknown>>, shown: number) => Promise<void>;
}

/**
 * Runs `work` with the alerts and reviews of a ledger. Each event that records a change names the person who runs the command.
 *
 * @param isRead whether the command only reads; such a command needs no key
 * @param verifierKeys the ledger's keys; default: the keys that the database names
 * @throws `AUDIT_CALL_INVALID`, `AUDIT_SIGNING_KEY_MISSING`, `AUDIT_SIGNING_KEY_INVALID`
 */
export async function withWatch<Result>(
  { access, operator, environment, ledger, sealer }: WatchCall,
  { isRead, verifierKeys = [] }: { readonly isRead: boolean; readonly verifierKeys?: readonly string[] },
  work: (watch: CommandWatch) => Promise<Result>,
): Promise<Result> {
  const signer = isRead ? undefined : await actSigner(environment);
  const [connectionUrl, sealerUrl] = [await ledger(), await sealer()];
  return withReader(connectionUrl, async (reader) => {
    const events = await eventsOf(reader, await readableArchives(environment, []));
    const changes = changesBy(operator, sealerUrl, signer);
    const trust = await ledgerTrust({ rows: async (text, values = []) => reader.rows(text, values) }, verifierKeys);
    const person = { currentActor: () => ({ type: 'admin' as const, id: operator }) };
    const threads = new Threads(reader, events, person, changes, { trust });
    const alerts = new Alerts(events, threads);
    const watch = await resolveWatch({}, []);
    return work({
      alerts,
      suppressions: new Suppressions(events, changes, alerts, watch, threads),
      reviews: new Reviews(reader, alerts, Date, threads, { trust }),
      threads,
      noteRead: (filters, shown) => recordRead(connectionUrl, operator, { access, filters, shown }),
    });
  });
}

function changesBy(id: string, sealerUrl: string, signer: StatementSigner | undefined): ChangeRecorder {
  return {
    within: (key, settings, work) =>
      LedgerSession.use(sealerUrl, KEEPER, limitsWithin(TIMEOUT_MS), (session) =>
        inChange(session, key, settings, () =>
          work(session, async (action, input) => {
            const event = buildOwnEvent(action, { ...input, actor: { type: 'admin', id } });
            const signed = signer ? await signReply(signer, event) : event;
            await appendEvent(session, signed);
            return signed;
          }),
        ),
      ),
  };
}
