import {
  type Answer,
  cannotTell,
  check,
  met,
  NO_SETTINGS,
  notApplicable,
  notMet,
  type ReportCheck,
  type ReportSubject,
} from '../check.js';

const YEAR = 365;
const QUARTER = 90;
/** The days of a month, with a tolerance, because events are retired in whole months. */
const MONTH = 35;
const DAY_MS = 86_400_000;

const IN_PLACE = 'If an event has an earlier time than an event before it in the log, the later time counts.';
const BY_ANYBODY = 'That the named persons did it: any login that may add events can forge such an event.';
const ASK_THEM = 'The log does not show that the named persons did it: ask them.';

const OF_OPTIONS: readonly ReportCheck[] = [
  check('config.reads-recorded', 'Reads of the ledger are recorded', {
    lookedAt: 'The option recordReads of MonitoringModule.',
    doesNotProve: 'Reads of the database that bypass the application.',
    look: ({ settings }) => {
      if (!settings) return NO_SETTINGS;
      return settings.recordReads
        ? met('Each read of the ledger is recorded as an event.')
        : notMet('The option recordReads is false: reads of the ledger leave no trace.');
    },
  }),
  check('config.kept-a-year', 'Events are retained for twelve months, three of them online', {
    lookedAt: 'The retention policy, and the policies of all past retirements (retention plan).',
    doesNotProve: 'That archives of older events are readable: verify shows that.',
    figures: ({ settings, facts: { retiredAfterDays: retired } }) => ({
      days: settings?.retentionDays ?? 'unknown',
      ...(retired.length > 0 && { retiredAfterDays: retired.join(', ') }),
    }),
    look: lookAtRetention,
  }),
  check('config.kept-limited', 'A policy limits the retention of personal data', {
    figures: ({ settings, facts }) => ({
      days: settings?.retentionDays ?? 'unknown',
      retirements: facts.retiredAfterDays.length,
    }),
    lookedAt: 'The retention policy, and the oldest stored event (retention plan).',
    doesNotProve: 'That the period is right for your purpose, and that no copies exist elsewhere.',
    look: ({ settings, facts, asOf }) => {
      if (!settings) return NO_SETTINGS;
      const { retentionDays, longestDays } = settings;
      if (retentionDays === 'forever') return notMet('No policy limits the retention of events: they stay forever.');
      if (longestDays === 'forever') return cannotTell('The policy retains some events forever.');
      const { oldestAt } = facts;
      if (!oldestAt || asOf === undefined) return cannotTell('Nothing is sealed yet.');
      const days = Math.floor((asOf.getTime() - oldestAt.getTime()) / DAY_MS);
      if (days > longestDays + MONTH) {
        const answer = `The policy retains events for at most ${longestDays} days, but the oldest is ${days} days old. Check whether a legal hold protects it.`;
        return cannotTell(answer);
      }
      return met(`Events are retired after ${retentionDays} to ${longestDays} days.`);
    },
  }),
  check('config.watched', 'Rules evaluate every event', {
    figures: ({ settings, facts, size }) => ({
      ...{ places: facts.watchedPlaces ?? 0, of: size },
      rules: settings?.rules?.length ?? 'unknown',
    }),
    lookedAt: 'The option watch, and the cursor of the rules, which the ledger’s key signed.',
    doesNotProve: 'That the rules find every attack.',
    look: (subject) => {
      const { settings, facts, size } = subject;
      const { watchedPlaces } = facts;
      if (settings && !settings.rules) return notMet('The option watch is not set: no rule runs.');
      if (settings?.rules?.length === 0) return notMet('Every rule is switched off.');
      if (watchedPlaces === undefined)
        return notMet('No rule watches the ledger: the ledger’s key never signed a cursor of the rules.');
      if (size === 0) return cannotTell('Nothing is sealed yet, so rules have evaluated nothing.');
      if (!subject.hasPassed(watchedPlaces)) {
        return notMet(`Rules have evaluated ${watchedPlaces} of ${size} events: the watch has stopped.`);
      }
      const evaluated = `${watchedPlaces} of ${size} events`;
      if (!settings) {
        const answer = `Rules have evaluated ${evaluated}. Their names are unknown without the application.`;
        return cannotTell(answer);
      }
      if (settings.rulesOff.length > 0) {
        const answer = `Rules have evaluated ${evaluated}, but these rules are off: ${settings.rulesOff.join(', ')}.`;
        return cannotTell(answer);
      }
      return met(`${settings.rules?.length ?? 0} rules have evaluated ${evaluated}.`);
    },
  }),
  check('config.rows-captured', 'All changes in the database are captured', {
    figures: ({ facts }) => ({
      tables: facts.capturedTables.join(', ') || 'none',
      off: facts.uncapturedTables.length,
    }),
    lookedAt: 'The triggers of captured tables, and the sealed events about them (capture check).',
    doesNotProve:
      'Changes of other tables. To compare the triggers with your rules, run nestjs-audit-ledger capture check.',
    look: ({ settings, facts }) => {
      const { capturedTables, uncapturedTables } = facts;
      if (uncapturedTables.length > 0) {
        return notMet(`The triggers of these tables are missing or off: ${uncapturedTables.join(', ')}.`);
      }
      if (capturedTables.length > 0 && facts.captureAlterations > 0) {
        const answer = `${capturedTables.length} tables are captured now. In the time range, ${facts.captureAlterations} events report an alteration of the capture.`;
        return cannotTell(answer);
      }
      if (capturedTables.length > 0 && facts.capture !== 'as-sealed') {
        const seen = facts.capture === 'altered' ? 'confirms another state of them' : 'does not confirm them';
        return cannotTell(`${capturedTables.length} tables have triggers, but the log ${seen}.`);
      }
      if (capturedTables.length > 0) return met(`${capturedTables.length} tables are captured.`);
      return settings?.captures === true
        ? notMet('RowChangesModule is imported, but no table has a trigger.')
        : notApplicable('Row changes are not captured.');
    },
  }),
  check('config.not-lost', 'No event is lost while the ledger cannot be reached', {
    figures: (subject) => ({ losses: subject.count('type:audit_events_lost') }),
    lookedAt: 'The options spillDir and onFailure, and reports of lost events (doctor).',
    doesNotProve: 'That the disk survives.',
    look: ({ settings }, { losses = 0 }) => {
      if (!settings) return NO_SETTINGS;
      if (Number(losses) > 0) return notMet(`${losses} times, a process reported lost events.`);
      if (settings.hasSpill) return met('Events that the ledger cannot store are stored in the spill.');
      return settings.onFailure === 'closed'
        ? met('Requests whose events cannot be stored are refused.')
        : notMet('Without a spill, events are lost while the ledger cannot be reached.');
    },
  }),
  check('config.alerts-answered', 'Somebody answers every alert within a day', {
    filters: ['type:alert_raised,alert_acknowledged,alert_resolved'],
    figures: ({ facts: { alerts } }) => ({ raised: alerts.raised, open: alerts.open, late: alerts.late }),
    lookedAt: `Alerts, and whether a person acknowledged or resolved each within a day. ${IN_PLACE}`,
    doesNotProve: `That the answer was right. ${BY_ANYBODY}`,
    look: ({ facts, settings }) => {
      const { raised, open, late, lateIds } = facts.alerts;
      if (late > 0) {
        const more = late > lateIds.length ? ' and more' : '';
        return notMet(`Nobody answered these alerts within a day: ${lateIds.join(', ')}${more}.`);
      }
      if (raised > 0 && raised === open)
        return cannotTell(`None of ${raised} alerts is answered: all are younger than a day.`);
      if (raised > 0)
        return cannotTell(
          `${raised - open} of ${raised} alerts are answered; the others are younger than a day. ${ASK_THEM}`,
        );
      if (settings && !settings.rules) return notMet('No rule runs, so nothing can raise an alert.');
      return cannotTell('No alert was raised in the time range.');
    },
  }),
  check('config.reviewed-daily', 'Somebody reviews the log each day and signs it off', {
    filters: ['type:review_opened,review_commented,review_signed_off'],
    figures: ({ facts: { reviews } }) => ({ days: reviews.days, signedOff: reviews.signedOff, late: reviews.late }),
    lookedAt: `Each day that ended at least a day ago, and the person who signed it off within two days. ${IN_PLACE}`,
    doesNotProve: `How carefully the reviewers looked. ${BY_ANYBODY}`,
    look: ({ facts }) => {
      const { days, signedOff, late, missing } = facts.reviews;
      if (days === 0) return cannotTell('No day of the time range ended at least a day ago.');
      if (signedOff === days && late > 0)
        return cannotTell(`All ${days} days are signed off, ${late} of them more than two days after their end.`);
      if (signedOff === days) return cannotTell(`All ${days} days are signed off. ${ASK_THEM}`);
      const more = days - signedOff > missing.length ? ' and more' : '';
      return notMet(`${days - signedOff} of ${days} days are not signed off: ${missing.join(', ')}${more}.`);
    },
  }),
  check('config.erased-in-time', 'Erasures are done within 30 days', {
    filters: ['action:audit_subject_erasure_request,audit_subject_erased'],
    figures: ({ facts }) => facts.erasures,
    lookedAt: `Requests for an erasure, and the signed acts that carried them out. ${IN_PLACE}`,
    doesNotProve: 'Requests that were not entered, and erasures by the command or by code, which record no request.',
    look: ({ facts }) => {
      const { requested, done, late } = facts.erasures;
      if (late > 0) return notMet(`${late} requests were not carried out within 30 days.`);
      if (requested === 0) return cannotTell('Nobody requested an erasure in the time range.');
      return done === 0
        ? cannotTell(`None of ${requested} requests is carried out: all are younger than 30 days.`)
        : met(`${done} of ${requested} requests were carried out within 30 days; the others are younger.`);
    },
  }),
  check('content.coverage', 'Every route that changes state is audited, or has a reason not to be', {
    figures: ({ settings }) => ({
      routes: settings?.coverage.checked ?? 'unknown',
      undecided: settings?.coverage.missing.length ?? 'unknown',
    }),
    lookedAt: 'The decorators @Audited and @NotAudited of each route that changes state (coverage).',
    doesNotProve: 'That each reason is valid. Routes that only read are not checked.',
    look: ({ settings }) => {
      if (!settings) return NO_SETTINGS;
      const { checked, missing } = settings.coverage;
      if (checked === 0) return notApplicable('The application has no route that changes state.');
      return missing.length === 0
        ? met(`All ${checked} routes that change state have @Audited or @NotAudited.`)
        : notMet(`These routes have neither @Audited nor @NotAudited: ${missing.slice(0, 10).join(', ')}.`);
    },
  }),
];

function lookAtRetention({ settings, facts }: ReportSubject): Answer {
  const policy = settings?.retentionDays;
  const retired = facts.retiredAfterDays;
  const short = [...retired, ...(typeof policy === 'number' ? [policy] : [])].filter((days) => days < YEAR);
  const shortest = Math.min(...short);
  if (short.length > 0 && shortest < QUARTER) {
    return notMet(`Events leave the database after ${shortest} days. This check requires ${YEAR} days.`);
  }
  if (short.length > 0) {
    const answer = `Events leave the database after ${shortest} days, and are then in archives. Check that the archives are retained: this check requires ${YEAR} days.`;
    return cannotTell(answer);
  }
  if (policy === undefined) return NO_SETTINGS;
  return policy === 'forever'
    ? met('No policy retires events.')
    : met(`Events stay in the database for at least ${policy} days.`);
}

/** Points that only a person can check. */
const PEOPLE = {
  'clock-source': 'Check the time service of each server: its sources, and who may change them.',
  response:
    'Check the records of the last failures of the logging: when they were found, how they were corrected, and how they are prevented.',
  policy: 'Check the document that defines which events are logged, how long they are retained, and who reviews them.',
  risk: 'Check the risk analysis that defines how often the logs of other systems are reviewed.',
  'error-pages': 'Cause an unexpected error, and check that the response reveals no internal details.',
  transport: 'Check that the connections to the database and to each stream’s destination are encrypted.',
  register:
    'Check that the register of processing activities describes the events of the log, with their purpose, recipients and legal basis.',
  breach: 'Check how an alert leads to a notice within 72 hours, and who decides.',
  capacity: 'Check that the disk of the database has space for the log, and that somebody is alerted in time.',
  network: 'Check the logs of the network, the servers and the identity provider, which are not in this ledger.',
} as const;

export const SETTING_CHECKS: readonly ReportCheck[] = [
  ...OF_OPTIONS,
  check('person.access-list', 'Only those who need to may read the log', {
    lookedAt: 'The logins of the database that may read the ledger.',
    doesNotProve: 'Who may read the log in the application: the option authorize decides.',
    figures: ({ facts }) => ({ logins: facts.readers.join(', ') || 'none' }),
    look: () => cannotTell('Compare the persons who may read the log with those who need to.'),
  }),
  ...Object.entries(PEOPLE).map(([id, whatToDo]) =>
    check(`person.${id}`, whatToDo, {
      lookedAt: 'Nothing: this is not in the ledger.',
      doesNotProve: 'Anything, until a person has checked it.',
      look: () => cannotTell('Only a person can check this.'),
    }),
  ),
];
