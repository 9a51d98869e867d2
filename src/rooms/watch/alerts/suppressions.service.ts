import { Inject, Injectable } from '@nestjs/common';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { countsAsReply } from '../../../monitoring/keep/acts/replies.js';
import { PrimaryQuery } from '../../../monitoring/read/query/primary-query.service.js';
import type { LedgerEvent } from '../../../monitoring/read/query/ledger-event.js';
import type { EventPage } from '../../../monitoring/read/query/ledger-event.dto.js';
import { endOf, isTime } from '../../../monitoring/read/query/query-times.js';
import { MOST_VALUES } from '../../../monitoring/read/query/query-parameters.js';
import { RecordedChanges } from '../../../monitoring/inbox/recorded-changes.service.js';
import { ALERT_CATEGORY, ALERT_TYPES, OVERDUE, SUPPRESSION_RESOURCE } from '../alert-event.js';
import { tenantWithin } from '../threads/subjects.js';
import { inParts, Threads } from '../threads/threads.service.js';
import { isTexts, orNearest } from '../rules/rule.js';
import { WATCH_OPTIONS, type ResolvedWatch } from '../watch-options.js';
import { Alerts } from './alerts.service.js';
import { DAY_MS, MOST_DAYS, suppressionOf, type ActiveSuppression, type SuppressionTarget } from './alert.js';
import type { NewSuppression, Suppression, SuppressionPage } from './suppression.dto.js';
import { watchErrors } from '../watch.errors.js';

const PAGE = 50;
const MOST_IN_PAGE = 200;
const OF_STARTED = `type = '${ALERT_TYPES.suppressionStarted}' AND outcome = 'success'`; // in the column order of the index
const IS_ENDED = `EXISTS (
  SELECT FROM audit_event AS said WHERE said.type = '${ALERT_TYPES.suppressionEnded}' AND said.resource_type = '${SUPPRESSION_RESOURCE}'
     AND said.resource_id = audit_event.id::text AND ${countsAsReply('said')})`;

/**
 * Reads and starts suppressions, which {@link Threads} ends. A suppression withholds the alerts of a rule, or of one group of the rule, until a time. Withheld alerts are
 * recorded as `alert_withheld`, but nobody is notified. Methods reject with `AUDIT_LEDGER_UNAVAILABLE`.
 */
@Injectable()
export class Suppressions {
  constructor(
    @Inject(PrimaryQuery) private readonly ledger: PrimaryQuery,
    @Inject(RecordedChanges) private readonly changes: RecordedChanges,
    @Inject(Alerts) private readonly alerts: Alerts,
    @Inject(WATCH_OPTIONS) private readonly options: Pick<ResolvedWatch, 'rules'>,
    @Inject(Threads) private readonly threads: Threads,
  ) {}

  /** Lists the suppressions within `access`, newest first. */
  async list(
    access: LedgerAccess,
    { isActive, cursor }: { readonly isActive?: boolean | undefined; readonly cursor?: string | undefined } = {},
  ): Promise<SuppressionPage> {
    const { items, nextCursor } = await this.started(access, isActive ?? false, PAGE, cursor);
    return { items: await this.withEnds(access, items), nextCursor };
  }

  /**
   * Starts a suppression, and records it as an event. The suppression applies only to later matches of rules. Resolves with `undefined` if
   * no alert within `access` has the id `alertId`.
   *
   * @throws `AUDIT_REQUEST_INVALID`, `AUDIT_REVIEW_REFUSED`
   */
  async start(access: LedgerAccess, suppression: NewSuppression): Promise<Suppression | undefined> {
    this.threads.reviewer(access);
    const { alertId, until, reason } = suppression;
    refuseChecks(suppression);
    const target = alertId === undefined ? await this.named(access, suppression) : await this.ofAlert(access, alertId);
    if (!target) return undefined;
    refuseChecks(target);
    const end = endWithinLimit(until);
    const { rule, group, tenantId } = target;
    const event = await this.changes.within(`alert_suppression ${rule}`, {}, async (_session, record) =>
      record(ALERT_TYPES.suppressionStarted, {
        ...{ category: ALERT_CATEGORY, severity: 'warning', reason },
        ...(tenantId !== undefined && { tenantId }),
        details: { rule, until: end, ...(group !== undefined && { groupFields: Object.keys(group), group }) },
      }),
    );
    return suppressionOf(event, [], 0);
  }

  async inForce(): Promise<readonly ActiveSuppression[]> {
    const found: ActiveSuppression[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await this.started({ scope: 'all' }, true, MOST_IN_PAGE, cursor);
      found.push(
        ...page.items.flatMap((event) => {
          const { id, rule, group, tenantId, isActive } = suppressionOf(event, [], 0);
          const { groupFields = [] } = event.details as { readonly groupFields?: unknown };
          return isActive && isTexts(groupFields) ? [{ id, rule, group, tenantId, groupFields }] : [];
        }),
      );
      cursor = page.nextCursor;
    }
    return found;
  }

  private async started(
    access: LedgerAccess,
    isActive: boolean,
    limit: number,
    cursor: string | undefined,
  ): Promise<Pick<EventPage, 'items' | 'nextCursor'>> {
    const now = new Date();
    // No suppression lasts longer than MOST_DAYS, so an older suppression is over.
    const from = isActive && { from: new Date(now.getTime() - (MOST_DAYS + 1) * DAY_MS).toISOString().slice(0, 10) };
    const page = await this.ledger.findThat(
      access,
      { limit, ...from, ...(cursor !== undefined && { cursor }) },
      {
        about: { suppressions: isActive },
        conditions: (values) => [
          OF_STARTED,
          ...(isActive ? [`details->>'until' > ${values.place(now.toISOString())}`, `NOT ${IS_ENDED}`] : []),
        ],
      },
    );
    return { ...page, items: page.items.filter((event) => this.threads.isSigned(event)) };
  }

  private async withEnds(access: LedgerAccess, started: readonly LedgerEvent[]): Promise<readonly Suppression[]> {
    const ids = started.map(({ id }) => id);
    const ends = await this.threads.of(access, 'suppression', ids);
    const counts = await inParts(started, MOST_VALUES, (some) => this.counted(access, some));
    return started.map((event) =>
      suppressionOf(
        event,
        ends.filter(({ to }) => to === event.id),
        counts.find(({ value }) => value === event.id)?.count ?? 0,
      ),
    );
  }

  private async counted(access: LedgerAccess, some: readonly LedgerEvent[]) {
    const [from = ''] = some.map(({ occurredAt }) => occurredAt).sort();
    const { groups } = await this.ledger.stats(access, {
      ...{ type: ALERT_TYPES.withheld, by: 'details.suppressionId', groups: MOST_VALUES },
      details: { suppressionId: some.map(({ id }) => id) },
      ...{ from, to: new Date(Math.min(Date.now() + 60_000, Date.parse(from) + (MOST_DAYS + 2) * DAY_MS)) },
    });
    return groups;
  }

  private async named(
    access: LedgerAccess,
    { rule, group, tenantId: given }: NewSuppression,
  ): Promise<SuppressionTarget | undefined> {
    const tenantId = tenantWithin(access, given);
    if (rule === undefined) {
      throw watchErrors.AUDIT_REQUEST_INVALID.suppression('neither rule nor alertId is given', 'Give one of them');
    }
    const rules = this.options.rules.map((each) => each.rule);
    const known = rules.find(({ name }) => name === rule);
    const [alert] = known ? [] : (await this.alerts.list(access, { rule, limit: 1 })).items;
    if (!known && !alert) {
      const meant = orNearest(
        rule,
        rules.map(({ name }) => name),
      );
      throw watchErrors.AUDIT_REQUEST_INVALID.suppression(
        `no rule has the name ${meant}`,
        'Give the rule name that an alert shows',
      );
    }
    // Only names of the rule's fields are valid: another name could contain personal data, which an erasure would not remove.
    const fields = known?.groupBy ?? Object.keys(alert?.group ?? {});
    const unknown = Object.keys(group ?? {}).filter((field) => !fields.includes(field));
    if (unknown.length === 0) return { rule, group, tenantId };
    const groups = `groups its alerts by ${fields.join(', ')}, not by ${unknown.join(', ')}`;
    throw watchErrors.AUDIT_REQUEST_INVALID.suppression(
      `the rule ${rule} ${fields.length > 0 ? groups : 'does not group its alerts'}`,
      'Give only fields by which the rule groups alerts',
    );
  }

  private async ofAlert(access: LedgerAccess, id: string): Promise<SuppressionTarget | undefined> {
    const alert = await this.alerts.find(access, id);
    if (!alert) return undefined;
    const { rule, group, tenantId } = alert;
    if (group) return { rule, group, tenantId };
    throw watchErrors.AUDIT_REQUEST_INVALID.suppression(
      'the alert has no group that other alerts could share',
      'To suppress all alerts of the rule, give only the rule',
    );
  }
}

function refuseChecks({ rule }: Pick<NewSuppression, 'rule'>): void {
  if (rule !== OVERDUE) return;
  throw watchErrors.AUDIT_REQUEST_INVALID.suppression(
    `${rule} is a check of the ledger itself, which nobody can suppress`,
    'Correct the problem that the alert describes: each alert of this check is raised only once',
  );
}

function endWithinLimit(until: string): string {
  const end = isTime(until) ? endOf(until).getTime() : Number.NaN;
  if (end > Date.now() && end <= Date.now() + MOST_DAYS * DAY_MS) return new Date(end).toISOString();
  throw watchErrors.AUDIT_REQUEST_INVALID.suppression(
    `until is ${until}`,
    `Give a day or an RFC 3339 time within the next ${MOST_DAYS} days`,
  );
}
