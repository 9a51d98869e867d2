import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { countsAsAnswer } from '../../../monitoring/keep/acts/answers.js';
import type { StatementSigner } from '../../../monitoring/proof/log/notes/statement.js';
import { PrimaryQuery } from '../../../monitoring/read/query/primary-query.service.js';
import type { LedgerEvent } from '../../../monitoring/read/query/ledger-event.js';
import { isUuid } from '../../../monitoring/read/query/query-values.js';
import { parseQuery } from '../../../monitoring/read/query/parse-query.js';
import type { ChangeRecorder } from '../../../monitoring/store/change-recorder.js';
import { CheckpointSigner } from '../../../monitoring/proof/signing/checkpoint-signer.service.js';
import { RecordedChanges } from '../../../monitoring/inbox/recorded-changes.service.js';
import { ALERT_TYPES, ALERT_CATEGORY, ALERT_RESOURCE } from '../alert-event.js';
import { SignedAnswers } from '../signed-answers.js';
import { MOST_IDS } from '../correlate/match.js';
import { alertOf } from './alert.js';
import {
  AlertQuery,
  type StateFilter,
  type Alert,
  type AlertPage,
  type AlertWithEvents,
  type AnsweredAlert,
  type NewResolution,
} from './alert.dto.js';
import { AlertSuppressedError } from '../watch.error.js';

/** Only a resolution has a verdict. */
type Answer = Partial<z.infer<typeof NewResolution>>;

const ANSWERS = { acknowledge: ALERT_TYPES.acknowledged, resolve: ALERT_TYPES.resolved } as const;
const PAGE = 200;

/**
 * Reads and answers alerts. Three events determine the state of an alert: `alert_raised`, and the signed `alert_acknowledged` and `alert_resolved`.
 * Every method rejects with LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) if the ledger is unreachable.
 */
@Injectable()
export class Alerts {
  private readonly answers: SignedAnswers;

  constructor(
    @Inject(PrimaryQuery) private readonly ledger: PrimaryQuery,
    @Inject(RecordedChanges) private readonly changes: ChangeRecorder,
    @Inject(CheckpointSigner) signer: Pick<StatementSigner, 'trust'>,
  ) {
    this.answers = new SignedAnswers(ledger, signer);
  }

  /** Lists the alerts within `access`, newest first. @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) */
  async list(access: LedgerAccess, query: Partial<AlertQuery> = {}): Promise<AlertPage> {
    const { state, rule, level, ...others } = parseQuery(AlertQuery, query);
    const details = { ...(rule !== undefined && { rule }), ...(level !== undefined && { level }) };
    const filters = { ...others, ...(Object.keys(details).length > 0 && { details }) };
    const page = await this.ledger.findThat(access, filters, {
      about: { alerts: state ?? null },
      conditions: () => (state ? CONDITIONS[state] : [RAISED]),
    });
    return { items: await this.withAnswers(access, page.items), nextCursor: page.nextCursor };
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
    return this.withAnswers(access, page.items);
  }

  /** Finds an alert with its events. Resolves with `undefined` if no alert within `access` has this id. */
  async find(access: LedgerAccess, id: string): Promise<AlertWithEvents | undefined> {
    const raised = await this.eventOf(access, id);
    const [alert] = raised ? await this.withAnswers(access, [raised]) : [];
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

  /**
   * Records that somebody examines an alert. A second call records nothing, and returns the first acknowledgement. Resolves with
   * `undefined` if no alert within `access` has this id.
   *
   * @throws AlertSuppressedError (`AUDIT_ALERT_SUPPRESSED`)
   */
  async acknowledge(access: LedgerAccess, id: string, answer: Answer = {}): Promise<AnsweredAlert | undefined> {
    return this.answer(access, id, 'acknowledge', answer);
  }

  /**
   * Records the verdict on an alert. A second call records nothing, and returns the first verdict. Resolves with `undefined` if no alert
   * within `access` has this id.
   *
   * @throws AlertSuppressedError (`AUDIT_ALERT_SUPPRESSED`)
   */
  async resolve(
    access: LedgerAccess,
    id: string,
    answer: z.infer<typeof NewResolution>,
  ): Promise<AnsweredAlert | undefined> {
    return this.answer(access, id, 'resolve', answer);
  }

  private async answer(
    access: LedgerAccess,
    id: string,
    kind: keyof typeof ANSWERS,
    { comment, verdict }: Answer,
  ): Promise<AnsweredAlert | undefined> {
    return this.changes.within(`audit_alert ${id.toLowerCase()}`, {}, async (_session, record) => {
      const raised = await this.eventOf(access, id);
      if (!raised) return undefined;
      const answers = await this.answersTo(access, [raised.id]);
      const alert = alertOf(raised, answers);
      if (alert.state === 'suppressed') throw new AlertSuppressedError(id);
      if (alert.resolved ?? (kind === 'acknowledge' && alert.acknowledged)) return { ...alert, changed: false };
      const { rule, level, tenantId, raisedAt } = alert;
      const event = await record(ANSWERS[kind], {
        category: ALERT_CATEGORY,
        resource: { type: ALERT_RESOURCE, id: alert.id },
        ...(tenantId !== undefined && { tenantId }),
        details: {
          ...{ rule, level, ...(verdict !== undefined && { verdict }) },
          afterSeconds: Math.max(0, Math.round((Date.now() - Date.parse(raisedAt)) / 1000)),
          ...(comment !== undefined && { comment }),
        },
      });
      return { ...alertOf(raised, [...answers, event]), changed: true };
    });
  }

  private async eventOf(access: LedgerAccess, id: string): Promise<LedgerEvent | undefined> {
    const event = await this.ledger.findOne(access, id);
    return event?.type === ALERT_TYPES.raised || event?.type === ALERT_TYPES.withheld ? event : undefined;
  }

  private async withAnswers(access: LedgerAccess, events: readonly LedgerEvent[]): Promise<readonly Alert[]> {
    const raised = events.filter(({ type }) => type === ALERT_TYPES.raised).map(({ id }) => id);
    const answers = await this.answersTo(access, raised);
    return events.map((event) =>
      alertOf(
        event,
        answers.filter(({ resource }) => resource?.id === event.id),
      ),
    );
  }

  private async answersTo(access: LedgerAccess, ids: readonly string[]): Promise<readonly LedgerEvent[]> {
    return this.answers.to(access, { types: Object.values(ANSWERS), resourceType: ALERT_RESOURCE, ids });
  }
}

// The subquery uses the index on resources to find the answers to each alert. Without statistics, the planner would join all answers with
// all alerts.
const isAnswered = (...types: readonly string[]): string => `(
    SELECT true FROM audit_event AS said
     WHERE said.type || '' IN (${types.map((type) => `'${type}'`).join(', ')}) AND said.resource_type = '${ALERT_RESOURCE}'
       AND said.resource_id = audit_event.id::text AND ${countsAsAnswer('said')} LIMIT 1) IS TRUE`;

const RAISED = `type = '${ALERT_TYPES.raised}' AND outcome = 'success'`; // in the column order of the index
const CONDITIONS: Readonly<Record<StateFilter, readonly string[]>> = {
  suppressed: [`type = '${ALERT_TYPES.withheld}' AND outcome = 'success'`],
  open: [RAISED, `NOT ${isAnswered(ALERT_TYPES.acknowledged, ALERT_TYPES.resolved)}`],
  acknowledged: [RAISED, isAnswered(ALERT_TYPES.acknowledged), `NOT ${isAnswered(ALERT_TYPES.resolved)}`],
  unresolved: [RAISED, `NOT ${isAnswered(ALERT_TYPES.resolved)}`],
  resolved: [RAISED, isAnswered(ALERT_TYPES.resolved)],
};
