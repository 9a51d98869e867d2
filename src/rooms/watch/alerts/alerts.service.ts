import { Inject, Injectable } from '@nestjs/common';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { countsAsReply } from '../../../monitoring/keep/acts/replies.js';
import { PrimaryQuery } from '../../../monitoring/read/query/primary-query.service.js';
import type { LedgerEvent } from '../../../monitoring/read/query/ledger-event.js';
import { isUuid } from '../../../monitoring/read/query/query-parameters.js';
import { parseQuery } from '../../../monitoring/read/query/parse-query.js';
import { ALERT_TYPES, ALERT_RESOURCE } from '../alert-event.js';
import { Threads } from '../threads/threads.service.js';
import { MOST_IDS } from '../correlate/correlate.js';
import { alertOf, isAlert } from './alert.js';
import { AlertQuery, type StateFilter, type Alert, type AlertPage, type AlertWithEvents } from './alert.dto.js';

const PAGE = 200;

/**
 * Reads alerts, which {@link Threads} answers. Three events determine the state of an alert: `alert_raised`, and the signed `alert_acknowledged` and `alert_resolved`.
 * Every method rejects with `AUDIT_LEDGER_UNAVAILABLE` if the ledger is unreachable.
 */
@Injectable()
export class Alerts {
  constructor(
    @Inject(PrimaryQuery) private readonly ledger: PrimaryQuery,
    @Inject(Threads) private readonly threads: Pick<Threads, 'of'>,
  ) {}

  /** Lists the alerts within `access`, newest first. @throws `AUDIT_QUERY_INVALID` */
  async list(access: LedgerAccess, query: Partial<AlertQuery> = {}): Promise<AlertPage> {
    const { state, rule, level, ...others } = parseQuery(AlertQuery, query);
    const details = { ...(rule !== undefined && { rule }), ...(level !== undefined && { level }) };
    const filters = { ...others, ...(Object.keys(details).length > 0 && { details }) };
    const page = await this.ledger.findThat(access, filters, {
      about: { alerts: state ?? null },
      conditions: () => (state ? CONDITIONS[state] : [RAISED]),
    });
    return { items: await this.withReplies(access, page.items), nextCursor: page.nextCursor };
  }

  /** Reads the newest 200 alerts within `access` whose sequence numbers are at least `firstPlace` and below `checkpointSize`. */
  async ofPlaces(
    access: LedgerAccess,
    { firstPlace, checkpointSize }: { readonly firstPlace: number; readonly checkpointSize: number },
  ): Promise<readonly Alert[]> {
    const page = await this.ledger.findThat(
      access,
      { limit: PAGE },
      {
        about: { alertsOf: [firstPlace, checkpointSize] },
        conditions: (values) => [
          RAISED,
          `EXISTS (SELECT FROM audit_leaf WHERE event_id = audit_event.id
                      AND index >= ${values.place(firstPlace)}::bigint AND index < ${values.place(checkpointSize)}::bigint)`,
        ],
      },
    );
    return this.withReplies(access, page.items);
  }

  /** Finds an alert with its events. Resolves with `undefined` if no alert within `access` has this id. */
  async find(access: LedgerAccess, id: string): Promise<AlertWithEvents | undefined> {
    const raised = await this.ledger.findOne(access, id);
    const [alert] = raised && isAlert(raised) ? await this.withReplies(access, [raised]) : [];
    if (!alert) return undefined;
    const { items } = await this.ledger.findThat(
      access,
      { order: 'asc', limit: MOST_IDS, names: true },
      {
        about: { matchedBy: id },
        conditions: (values) => [`id = ANY (${values.place(alert.matched.filter(isUuid))}::uuid[])`],
      },
    );
    return { ...alert, events: items };
  }

  private async withReplies(access: LedgerAccess, events: readonly LedgerEvent[]): Promise<readonly Alert[]> {
    const raised = events.filter(({ type }) => type === ALERT_TYPES.raised).map(({ id }) => id);
    const answers = await this.threads.of(access, 'alert', raised);
    return events.map((event) =>
      alertOf(
        event,
        answers.filter(({ to }) => to === event.id),
      ),
    );
  }
}

// The subquery uses the index on resources to find the answers to each alert. Without statistics, the planner would join all answers with
// all alerts.
const hasReply = (...types: readonly string[]): string => `(
    SELECT true FROM audit_event AS said
     WHERE said.type || '' IN (${types.map((type) => `'${type}'`).join(', ')}) AND said.resource_type = '${ALERT_RESOURCE}'
       AND said.resource_id = audit_event.id::text AND ${countsAsReply('said')} LIMIT 1) IS TRUE`;

const RAISED = `type = '${ALERT_TYPES.raised}' AND outcome = 'success'`; // in the column order of the index
const CONDITIONS: Readonly<Record<StateFilter, readonly string[]>> = {
  suppressed: [`type = '${ALERT_TYPES.withheld}' AND outcome = 'success'`],
  open: [RAISED, `NOT ${hasReply(ALERT_TYPES.acknowledged, ALERT_TYPES.resolved)}`],
  acknowledged: [RAISED, hasReply(ALERT_TYPES.acknowledged), `NOT ${hasReply(ALERT_TYPES.resolved)}`],
  unresolved: [RAISED, `NOT ${hasReply(ALERT_TYPES.resolved)}`],
  resolved: [RAISED, hasReply(ALERT_TYPES.resolved)],
};
