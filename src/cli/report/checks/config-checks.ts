import { check, found, NO_SETTINGS, type ReportCheck, type ReportSubject } from '../check.js';
import type { CheckResult } from '../report.js';

const YEAR = 365;
const QUARTER = 90;
/** The days of a month and some more, since events are retired a month at a time. */
const MONTH = 35;
const DAY_MS = 86_400_000;

/** How the time of events about people's actions is determined. */
const IN_PLACE =
  'An event counts as of the newest one that the log has before it, where that is later than its own time.';
const BY_ANYBODY = 'That these persons did it: a login that may add events can add such an event.';
const ASK_THEM = 'The log does not show that these persons did it: ask them.';

/** Checks of the settings of the application and its ledger. */
export const CONFIG_CHECKS: readonly ReportCheck[] = [
  check('config.reads-recorded', 'config', 'Reads of the ledger are recorded', {
    proves: 'The option recordReads is on.',
    doesNotProve: 'Reads of the database past the application.',
    query: () => 'option recordReads of MonitoringModule',
    look: ({ settings }) => {
      if (!settings) return NO_SETTINGS;
      return settings.recordReads
        ? found('pass', 'Each read of the ledger is an event.')
        : found('fail', 'The option recordReads is false: nobody sees who reads the ledger.');
    },
  }),
  check('config.kept-a-year', 'config', 'Events are kept for twelve months, three of them at hand', {
    proves: 'The policy of retention, and what was retired so far, keep every event for a year.',
    doesNotProve: 'That archives of older events can still be read: verify-archive shows that.',
    query: () => 'nestjs-audit-ledger retention plan; SELECT DISTINCT policy FROM audit_retirement',
    look: lookAtRetention,
  }),
  check('config.kept-limited', 'config', 'Personal data is not kept for longer than a rule says', {
    proves: 'A rule says how long events are kept, and older ones are retired.',
    doesNotProve: 'That the period is the right one for your purpose, and that nothing else keeps copies.',
    query: () => 'nestjs-audit-ledger retention plan',
    look: ({ settings, facts, scope }) => {
      const figures = { days: settings?.retentionDays ?? 'unknown', retirements: facts.retiredAfterDays.length };
      if (!settings) return NO_SETTINGS;
      const { retentionDays, longestDays } = settings;
      if (retentionDays === 'forever')
        return found('fail', 'No rule says how long events are kept: they stay forever.', figures);
      if (longestDays === 'forever') return found('partial', 'A rule keeps some events forever.', figures);
      const { oldestAt } = facts;
      if (!oldestAt || scope.asOf === undefined) return found('no-evidence', 'Nothing is sealed yet.', figures);
      const days = Math.floor((Date.parse(scope.asOf) - oldestAt.getTime()) / DAY_MS);
      if (days > longestDays + MONTH) {
        const answer = `No rule keeps an event for more than ${longestDays} days, and the oldest is ${days} days old. See whether a hold keeps it.`;
        return found('partial', answer, figures);
      }
      return found('pass', `Events are retired after ${retentionDays} to ${longestDays} days.`, figures);
    },
  }),
  check('config.watched', 'config', 'Rules look at every event', {
    proves:
      'Rules run over the sealed events, and have looked at all that are older than five minutes: the ledger’s key signed how far they are.',
    doesNotProve: 'That the rules find every attack.',
    query: () => 'SELECT place, looked_at, note FROM audit_watch',
    look: (subject) => {
      const { settings, facts, scope } = subject;
      const { watchedPlaces } = facts;
      const figures = { places: watchedPlaces ?? 0, of: scope.size, rules: settings?.rules?.length ?? 'unknown' };
      if (settings && !settings.rules) return found('fail', 'The option watch is not set: no rule runs.', figures);
      if (settings?.rules?.length === 0) return found('fail', 'Every rule is switched off.', figures);
      if (watchedPlaces === undefined)
        return found('fail', 'Nobody watches the ledger: the key of the ledger signed for no run.', figures);
      if (scope.size === 0)
        return found('no-evidence', 'Nothing is sealed yet, so rules have looked at nothing.', figures);
      if (!subject.hasPassed(watchedPlaces)) {
        return found(
          'fail',
          `Rules have looked at ${watchedPlaces} of ${scope.size} places: the watch stands.`,
          figures,
        );
      }
      const looked = `${watchedPlaces} of ${scope.size} places`;
      if (!settings) {
        const answer = `Rules have looked at ${looked}. Which, is not known without the application.`;
        return found('partial', answer, figures);
      }
      if (settings.rulesOff.length > 0) {
        const answer = `Rules have looked at ${looked}, but these are switched off: ${settings.rulesOff.join(', ')}.`;
        return found('partial', answer, figures);
      }
      return found('pass', `${settings.rules?.length ?? 0} rules have looked at ${looked}.`, figures);
    },
  }),
  check('config.rows-captured', 'config', 'Changes in the database are captured, whoever makes them', {
    proves:
      'Triggers that always run capture each change of these tables, also past the application; a sealed event says that they are as they were.',
    doesNotProve:
      'Changes of tables that are not captured. Whether the triggers are those of your rules, the command shows.',
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
        const answer = `${capturedTables.length} tables are captured now. In the time range, ${facts.captureAlterations} events say that capturing was altered.`;
        return found('partial', answer, figures);
      }
      if (capturedTables.length > 0 && facts.capture !== 'as-sealed') {
        const seen = facts.capture === 'altered' ? 'another state than this one' : 'nothing';
        return found(
          'partial',
          `${capturedTables.length} tables have triggers, and the log says ${seen} of them.`,
          figures,
        );
      }
      if (capturedTables.length > 0) return found('pass', `${capturedTables.length} tables are captured.`, figures);
      return settings?.captures === true
        ? found('fail', 'RowChangesModule is imported, and no table has a trigger.', figures)
        : found('not-applicable', 'Row changes are not captured.', figures);
    },
  }),
  check('config.not-lost', 'config', 'An event is not lost while the ledger is away', {
    proves: 'What the ledger cannot take is kept in a spill on disk, or the request is refused.',
    doesNotProve: 'That the disk survives.',
    query: () => 'nestjs-audit-ledger doctor <file of the root module>',
    look: (subject) => {
      const { settings } = subject;
      if (!settings) return NO_SETTINGS;
      const losses = subject.count({ type: ['audit_events_lost'] });
      const figures = { onFailure: settings.onFailure, spill: settings.hasSpill ? 'yes' : 'no', losses };
      if (losses > 0) return found('fail', `${losses} times, a process reported lost events all the same.`, figures);
      if (settings.hasSpill) return found('pass', 'Events that the ledger cannot take are kept in the spill.', figures);
      return settings.onFailure === 'closed'
        ? found('pass', 'Requests whose events cannot be stored are refused.', figures)
        : found('fail', 'Without a spill, events are lost while the ledger is away.', figures);
    },
  }),
  check('config.alerts-answered', 'population', 'Somebody answers every alert within a day', {
    selection: { type: ['alert_raised', 'alert_acknowledged', 'alert_resolved'] },
    proves: `Each alert of the time range was acknowledged or resolved within a day, or is younger than that. ${IN_PLACE}`,
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
  check('config.reviewed-daily', 'population', 'Somebody reviews the log each day, and signs it off', {
    selection: { type: ['review_opened', 'review_commented', 'review_signed_off'] },
    proves: `For each day of the time range that ended a day ago or longer, an event says who signed it off, within two days of its end. ${IN_PLACE}`,
    doesNotProve: `How carefully they looked. ${BY_ANYBODY}`,
    query: () => 'nestjs-audit-ledger query type=review_signed_off',
    look: ({ facts }) => {
      const { days, signedOff, late, missing } = facts.reviews;
      const figures = { days, signedOff, late };
      if (days === 0) return found('no-evidence', 'No day of the time range ended a day ago or longer.', figures);
      if (signedOff === days && late > 0)
        return found('partial', `All ${days} days are signed off, ${late} of them more than two days later.`, figures);
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
    proves: `Each request to erase a person was carried out within 30 days, by a signed act, or is younger than that. ${IN_PLACE}`,
    doesNotProve: 'Requests that nobody entered, and erasures by the command or by code, which record no request.',
    query: () => 'nestjs-audit-ledger query type=audit_subject_erasure_request,audit_subject_erased',
    look: ({ facts }) => {
      const { requested, done, late } = facts.erasures;
      const figures = { requested, done, late };
      if (late > 0) return found('fail', `${late} requests were not carried out within 30 days.`, figures);
      if (requested === 0) return found('no-evidence', 'Nobody was to be erased in the time range.', figures);
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
    return found('fail', `Events leave the database after ${shortest} days. ${YEAR} days are looked for.`, figures);
  }
  if (short.length > 0) {
    const answer = `Events leave the database after ${shortest} days, and are then in archives. Check that these are kept: ${YEAR} days are looked for.`;
    return found('partial', answer, figures);
  }
  if (policy === undefined) return NO_SETTINGS;
  return policy === 'forever'
    ? found('pass', 'No rule retires events: they stay.', figures)
    : found('pass', `Events stay in the database for at least ${policy} days.`, figures);
}
