import { check, found, NO_SETTINGS, type ReportCheck, type ReportSubject } from '../check.js';
import type { CheckResult } from '../report.js';

const YEAR = 365;
const QUARTER = 90;
/** The days of a month, with a tolerance, because events are retired in whole months. */
const MONTH = 35;
const DAY_MS = 86_400_000;

const IN_PLACE = 'If an event has an earlier time than an event before it in the log, the later time counts.';
const BY_ANYBODY = 'That the named persons did it: any login that may add events can forge such an event.';
const ASK_THEM = 'The log does not show that the named persons did it: ask them.';

export const CONFIG_CHECKS: readonly ReportCheck[] = [
  check('config.reads-recorded', 'config', 'Reads of the ledger are recorded', {
    proves: 'The option recordReads is on.',
    doesNotProve: 'Reads of the database that bypass the application.',
    query: () => 'option recordReads of MonitoringModule',
    look: ({ settings }) => {
      if (!settings) return NO_SETTINGS;
      return settings.recordReads
        ? found('pass', 'Each read of the ledger is recorded as an event.')
        : found('fail', 'The option recordReads is false: reads of the ledger leave no trace.');
    },
  }),
  check('config.kept-a-year', 'config', 'Events are retained for twelve months, three of them online', {
    proves: 'The retention policy, and the policies of all past retirements, retain every event for a year.',
    doesNotProve: 'That archives of older events are readable: verify shows that.',
    query: () => 'nestjs-audit-ledger retention plan; SELECT DISTINCT policy FROM audit_retirement',
    look: lookAtRetention,
  }),
  check('config.kept-limited', 'config', 'A policy limits the retention of personal data', {
    proves: 'A policy limits the retention of events, and older events are retired.',
    doesNotProve: 'That the period is right for your purpose, and that no copies exist elsewhere.',
    query: () => 'nestjs-audit-ledger retention plan',
    look: ({ settings, facts, scope }) => {
      const figures = { days: settings?.retentionDays ?? 'unknown', retirements: facts.retiredAfterDays.length };
      if (!settings) return NO_SETTINGS;
      const { retentionDays, longestDays } = settings;
      if (retentionDays === 'forever')
        return found('fail', 'No policy limits the retention of events: they stay forever.', figures);
      if (longestDays === 'forever') return found('partial', 'The policy retains some events forever.', figures);
      const { oldestAt } = facts;
      if (!oldestAt || scope.asOf === undefined) return found('no-evidence', 'Nothing is sealed yet.', figures);
      const days = Math.floor((Date.parse(scope.asOf) - oldestAt.getTime()) / DAY_MS);
      if (days > longestDays + MONTH) {
        const answer = `The policy retains events for at most ${longestDays} days, but the oldest is ${days} days old. Check whether a legal hold protects it.`;
        return found('partial', answer, figures);
      }
      return found('pass', `Events are retired after ${retentionDays} to ${longestDays} days.`, figures);
    },
  }),
  check('config.watched', 'config', 'Rules evaluate every event', {
    proves:
      'Rules have evaluated all sealed events that are older than five minutes. The ledger’s key signed their cursor.',
    doesNotProve: 'That the rules find every attack.',
    query: () => 'SELECT place, looked_at, note FROM audit_watch',
    look: (subject) => {
      const { settings, facts, scope } = subject;
      const { watchedPlaces } = facts;
      const figures = { places: watchedPlaces ?? 0, of: scope.size, rules: settings?.rules?.length ?? 'unknown' };
      if (settings && !settings.rules) return found('fail', 'The option watch is not set: no rule runs.', figures);
      if (settings?.rules?.length === 0) return found('fail', 'Every rule is switched off.', figures);
      if (watchedPlaces === undefined)
        return found(
          'fail',
          'No rule watches the ledger: the ledger’s key never signed a cursor of the rules.',
          figures,
        );
      if (scope.size === 0)
        return found('no-evidence', 'Nothing is sealed yet, so rules have evaluated nothing.', figures);
      if (!subject.hasPassed(watchedPlaces)) {
        return found(
          'fail',
          `Rules have evaluated ${watchedPlaces} of ${scope.size} events: the watch has stopped.`,
          figures,
        );
      }
      const evaluated = `${watchedPlaces} of ${scope.size} events`;
      if (!settings) {
        const answer = `Rules have evaluated ${evaluated}. Their names are unknown without the application.`;
        return found('partial', answer, figures);
      }
      if (settings.rulesOff.length > 0) {
        const answer = `Rules have evaluated ${evaluated}, but these rules are off: ${settings.rulesOff.join(', ')}.`;
        return found('partial', answer, figures);
      }
      return found('pass', `${settings.rules?.length ?? 0} rules have evaluated ${evaluated}.`, figures);
    },
  }),
  check('config.rows-captured', 'config', 'All changes in the database are captured', {
    proves:
      'Triggers capture each change of these tables, even without the application. A sealed event confirms the triggers.',
    doesNotProve:
      'Changes of other tables. To compare the triggers with your rules, run nestjs-audit-ledger capture check.',
    query: () => 'nestjs-audit-ledger capture check',
    look: ({ settings, facts }) => {
      const { capturedTables, uncapturedTables } = facts;
      const figures = { tables: capturedTables.length, off: uncapturedTables.length };
      if (uncapturedTables.length > 0) {
        return found(
          'fail',
          `The triggers of these tables are missing or off: ${uncapturedTables.join(', ')}.`,
          figures,
        );
      }
      if (capturedTables.length > 0 && facts.captureAlterations > 0) {
        const answer = `${capturedTables.length} tables are captured now. In the time range, ${facts.captureAlterations} events report an alteration of the capture.`;
        return found('partial', answer, figures);
      }
      if (capturedTables.length > 0 && facts.capture !== 'as-sealed') {
        const seen = facts.capture === 'altered' ? 'confirms another state of them' : 'does not confirm them';
        return found('partial', `${capturedTables.length} tables have triggers, but the log ${seen}.`, figures);
      }
      if (capturedTables.length > 0) return found('pass', `${capturedTables.length} tables are captured.`, figures);
      return settings?.captures === true
        ? found('fail', 'RowChangesModule is imported, but no table has a trigger.', figures)
        : found('not-applicable', 'Row changes are not captured.', figures);
    },
  }),
  check('config.not-lost', 'config', 'No event is lost while the ledger cannot be reached', {
    proves: 'Events that the ledger cannot store are stored in a spill on disk, or the request is refused.',
    doesNotProve: 'That the disk survives.',
    query: () => 'nestjs-audit-ledger doctor <file of the root module>',
    look: (subject) => {
      const { settings } = subject;
      if (!settings) return NO_SETTINGS;
      const losses = subject.count({ type: ['audit_events_lost'] });
      const figures = { onFailure: settings.onFailure, spill: settings.hasSpill ? 'yes' : 'no', losses };
      if (losses > 0) return found('fail', `${losses} times, a process reported lost events.`, figures);
      if (settings.hasSpill)
        return found('pass', 'Events that the ledger cannot store are stored in the spill.', figures);
      return settings.onFailure === 'closed'
        ? found('pass', 'Requests whose events cannot be stored are refused.', figures)
        : found('fail', 'Without a spill, events are lost while the ledger cannot be reached.', figures);
    },
  }),
  check('config.alerts-answered', 'population', 'Somebody answers every alert within a day', {
    selection: { type: ['alert_raised', 'alert_acknowledged', 'alert_resolved'] },
    proves: `Each alert of the time range was acknowledged or resolved within a day, or is younger than a day. ${IN_PLACE}`,
    doesNotProve: `That the answer was right. ${BY_ANYBODY}`,
    query: () => 'nestjs-audit-ledger query type=alert_raised,alert_acknowledged,alert_resolved',
    look: ({ facts, settings }) => {
      const { raised, open, late, lateIds } = facts.alerts;
      const figures = { raised, open, late };
      if (late > 0) {
        const more = late > lateIds.length ? ' and more' : '';
        return found('fail', `Nobody answered these alerts within a day: ${lateIds.join(', ')}${more}.`, figures);
      }
      if (raised > 0 && raised === open)
        return found('no-evidence', `None of ${raised} alerts is answered: all are younger than a day.`, figures);
      if (raised > 0)
        return found(
          'partial',
          `${raised - open} of ${raised} alerts are answered; the others are younger than a day. ${ASK_THEM}`,
          figures,
        );
      if (settings && !settings.rules) return found('fail', 'No rule runs, so nothing can raise an alert.', figures);
      return found('no-evidence', 'No alert was raised in the time range.', figures);
    },
  }),
  check('config.reviewed-daily', 'population', 'Somebody reviews the log each day and signs it off', {
    selection: { type: ['review_opened', 'review_commented', 'review_signed_off'] },
    proves: `For each day that ended at least a day ago, an event names the person who signed it off, within two days of its end. ${IN_PLACE}`,
    doesNotProve: `How carefully the reviewers looked. ${BY_ANYBODY}`,
    query: () => 'nestjs-audit-ledger query type=review_signed_off',
    look: ({ facts }) => {
      const { days, signedOff, late, missing } = facts.reviews;
      const figures = { days, signedOff, late };
      if (days === 0) return found('no-evidence', 'No day of the time range ended at least a day ago.', figures);
      if (signedOff === days && late > 0)
        return found(
          'partial',
          `All ${days} days are signed off, ${late} of them more than two days after their end.`,
          figures,
        );
      if (signedOff === days) return found('partial', `All ${days} days are signed off. ${ASK_THEM}`, figures);
      const more = days - signedOff > missing.length ? ' and more' : '';
      return found(
        'fail',
        `${days - signedOff} of ${days} days are not signed off: ${missing.join(', ')}${more}.`,
        figures,
      );
    },
  }),
  check('config.erased-in-time', 'population', 'Erasures are done within 30 days', {
    selection: { action: ['audit_subject_erasure_request', 'audit_subject_erased'] },
    proves: `Each request for an erasure was carried out within 30 days, by a signed act, or is younger than 30 days. ${IN_PLACE}`,
    doesNotProve: 'Requests that were not entered, and erasures by the command or by code, which record no request.',
    query: () => 'nestjs-audit-ledger query type=audit_subject_erasure_request,audit_subject_erased',
    look: ({ facts }) => {
      const { requested, done, late } = facts.erasures;
      const figures = { requested, done, late };
      if (late > 0) return found('fail', `${late} requests were not carried out within 30 days.`, figures);
      if (requested === 0) return found('no-evidence', 'Nobody requested an erasure in the time range.', figures);
      return done === 0
        ? found('no-evidence', `None of ${requested} requests is carried out: all are younger than 30 days.`, figures)
        : found(
            'pass',
            `${done} of ${requested} requests were carried out within 30 days; the others are younger.`,
            figures,
          );
    },
  }),
];

function lookAtRetention({ settings, facts }: ReportSubject): CheckResult {
  const policy = settings?.retentionDays;
  const retired = facts.retiredAfterDays;
  const figures = { days: policy ?? 'unknown', ...(retired.length > 0 && { retiredAfterDays: retired.join(', ') }) };
  const short = [...retired, ...(typeof policy === 'number' ? [policy] : [])].filter((days) => days < YEAR);
  const shortest = Math.min(...short);
  if (short.length > 0 && shortest < QUARTER) {
    return found(
      'fail',
      `Events leave the database after ${shortest} days. This check requires ${YEAR} days.`,
      figures,
    );
  }
  if (short.length > 0) {
    const answer = `Events leave the database after ${shortest} days, and are then in archives. Check that the archives are retained: this check requires ${YEAR} days.`;
    return found('partial', answer, figures);
  }
  if (policy === undefined) return NO_SETTINGS;
  return policy === 'forever'
    ? found('pass', 'No policy retires events.', figures)
    : found('pass', `Events stay in the database for at least ${policy} days.`, figures);
}
