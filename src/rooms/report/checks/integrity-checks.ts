import { faultOfLogin } from '../../../monitoring/store/sessions/login-rights.js';
import { check, found, type ReportCheck, type ReportSubject } from '../check.js';
import type { CheckResult } from '../report.js';

export const INTEGRITY_CHECKS: readonly ReportCheck[] = [
  check('integrity.verified', 'integrity', 'No event was altered, removed, inserted or moved', {
    proves: 'Each stored event was recomputed, and leads to the root of the signed checkpoint.',
    doesNotProve:
      'That no event was altered before your first checkpoint outside the database, if one person controls the key and the database.',
    query: () =>
      'nestjs-audit-ledger verify --key <verifier key> --checkpoint <kept checkpoint> --archives <folder of archives>',
    look: ({ verification, scope, isKeyGiven, facts }) => {
      if (!verification) return found('no-evidence', 'The ledger was not verified.');
      const { verdict, totalFindings, findings, checked, size, retired, archives } = verification;
      const unproven = archives?.unseen ?? retired;
      const figures = { findings: totalFindings, retired, unproven };
      if (verdict !== 'sound') {
        const kinds = [...new Set(findings.map(({ kind }) => kind))].join(', ');
        return found('fail', `The ledger was tampered with: ${totalFindings} findings (${kinds}).`, figures);
      }
      if (scope.size === 0) return found('no-evidence', 'Nothing is sealed yet.', figures);
      const doubts = [
        ...(checked < size ? ['Only the events after a trusted checkpoint were recomputed.'] : []),
        ...(unproven > 0
          ? [`${unproven} retired events were not checked, because their archives were not given. Give --archives.`]
          : []),
        ...(isKeyGiven ? [] : ['The database names the keys, and whoever can rewrite it can name others. Give --key.']),
        ...(facts.outside.given + facts.outside.cosigned > 0
          ? []
          : [
              'No checkpoint from outside was given, so a truncated end of the log is not detected. Give --checkpoint.',
            ]),
      ];
      return doubts.length > 0
        ? found('partial', `Nothing contradicts the signed log. ${doubts.join(' ')}`, figures)
        : found('pass', `Every sealed event is unchanged${retired > 0 ? ', also in the archives' : ''}.`, figures);
    },
  }),
  check('integrity.signed', 'integrity', 'Every event is sealed and signed', {
    proves: 'A signed checkpoint covers each event, and no event now waits for more than a minute.',
    doesNotProve: 'That nobody else has the key, and how long earlier events waited.',
    query: () => 'nestjs-audit-ledger checkpoint',
    look: ({ facts, scope, verification, isSound }) => {
      const figures = { places: scope.size };
      if (!verification) return found('no-evidence', 'The ledger was not verified.', figures);
      const isUnsigned = verification.findings.some(({ kind }) => kind.startsWith('checkpoint_'));
      if (isUnsigned) return found('fail', 'At least one checkpoint was not signed by a known key.', figures);
      if (scope.size === 0) return found('fail', 'The ledger has no signed checkpoint.', figures);
      if (facts.isSealingLate) {
        return found('fail', 'Events wait for more than a minute to be sealed: nobody seals.', figures);
      }
      return isSound
        ? found('pass', `A signed checkpoint covers ${scope.size} events.`, figures)
        : found('partial', 'The ledger has a signed checkpoint, but differs from it.', figures);
    },
  }),
  check('integrity.protected', 'config', 'The database refuses changes of stored events', {
    proves:
      'Triggers, policies and rights of the ledger’s tables are unchanged since the migrations. The application’s logins are neither superusers nor owners.',
    doesNotProve: 'That no superuser switched the triggers off and on again: verify shows changes of events.',
    query: () => 'nestjs-audit-ledger doctor <file of the root module>',
    look: lookAtProtection,
  }),
  check(
    'integrity.outside',
    'config',
    'Checkpoints are stored outside the database, so that its administrator cannot rewrite the past',
    {
      proves: 'A checkpoint from outside the database, or one with a witness’s cosignature, belongs to this log.',
      doesNotProve: 'That no single person can change both the database and the stored checkpoints.',
      query: () => 'nestjs-audit-ledger verify --checkpoint <kept checkpoint> --witness <key>',
      look: (subject) => {
        const { facts, scope, isSound } = subject;
        const { given, cosigned, claimed } = facts.outside;
        const figures = { given, cosigned, claimed, places: scope.size };
        const known = Math.max(given, cosigned);
        if (known === 0 && claimed === 0)
          return found('fail', 'No checkpoint was published outside the database.', figures);
        if (known === 0) {
          const answer = `Only unsigned rows of the database claim that a checkpoint of ${claimed} of ${scope.size} events was published. Give --checkpoint with a checkpoint from outside.`;
          return found('partial', answer, figures);
        }
        return isSound && subject.hasPassed(known)
          ? found('pass', `Checkpoints outside the database cover ${known} of ${scope.size} events.`, figures)
          : found('partial', `Checkpoints outside the database cover only ${known} of ${scope.size} events.`, figures);
      },
    },
  ),
  check('integrity.copied', 'config', 'Events are copied to another system at once', {
    proves:
      'Signed acts show that a stream sends every event, in order. Its signed cursor shows that it is not behind.',
    doesNotProve:
      'That the destination stores the events, who may read them there, and that it has events from before the stream.',
    query: () => 'nestjs-audit-ledger streams list',
    look: (subject) => {
      const { facts, scope, isSound } = subject;
      const { streams, removedStreams } = facts;
      const active = streams.filter(({ state }) => state === 'active');
      const stopped = streams.filter(({ state }) => state !== 'active' && state !== 'done').map(({ name }) => name);
      const sure = active.filter(({ doubt }) => doubt === undefined);
      const places = Math.max(0, ...sure.map((stream) => stream.places));
      const figures = { streams: streams.length, active: active.length, places, of: scope.size };
      if (removedStreams.length > 0) {
        return found('fail', `These streams were removed in the time range: ${removedStreams.join(', ')}.`, figures);
      }
      if (stopped.length > 0) return found('fail', `These streams do not run: ${stopped.join(', ')}.`, figures);
      if (active.length === 0) return found('fail', 'No stream sends events to another system.', figures);
      if (sure.length === 0) {
        const doubts = active.map(({ name, doubt }) => `${name}: ${doubt ?? ''}`).join('; ');
        return found(
          'partial',
          `The database has streams, but not all facts about them are signed. ${doubts}.`,
          figures,
        );
      }
      return isSound && subject.hasPassed(places)
        ? found('pass', `${sure.map(({ name }) => name).join(', ')} sent ${places} of ${scope.size} events.`, figures)
        : found('partial', `The most advanced stream sent only ${places} of ${scope.size} events.`, figures);
    },
  }),
  check('integrity.losses', 'population', 'Nobody reported a lost event', {
    selection: { type: ['audit_events_lost'] },
    proves: 'No process reported events that it could not store, and the ledger has no parked row change.',
    doesNotProve: 'Losses of a process that could not report them.',
    query: () => `nestjs-audit-ledger query type=audit_events_lost; nestjs-audit-ledger spill list`,
    look: (subject) => {
      const losses = subject.count({ type: ['audit_events_lost'] });
      const { parkedChanges } = subject.facts;
      const figures = { losses, parkedChanges };
      if (losses > 0) return found('fail', `${losses} times, a process reported lost events.`, figures);
      if (parkedChanges > 0)
        return found('fail', `The ledger cannot store ${parkedChanges} captured changes.`, figures);
      return subject.count({}) === 0
        ? found('no-evidence', 'The time range has no event, so nobody reported anything.', figures)
        : found('pass', 'Nobody reported a lost event.', figures);
    },
  }),
];

const OF_LOGINS = /^(The ledger belongs to|These logins add events)/;

function lookAtProtection({ verification, logins }: ReportSubject): CheckResult {
  if (!verification) return found('no-evidence', 'The ledger was not verified, so its protection is unknown.');
  const { unprotected = [] } = verification;
  const faults = [
    ...(logins ? [faultOfLogin(logins.writes)] : []),
    ...(logins?.seals ? [faultOfLogin(logins.seals, { seals: true })] : []),
  ].flatMap((fault) => fault ?? []);
  const figures = { differences: unprotected.length + faults.length };
  const isChangeable =
    faults.some(({ right }) => right !== 'seals') || !unprotected.every((sentence) => OF_LOGINS.test(sentence));
  const all = [...faults.map(({ says }) => says), ...unprotected];
  if (isChangeable) return found('fail', all.join(' '), figures);
  if (!logins)
    all.push(
      'The login of the application is unknown: name its root module, and make sure that its database can be reached.',
    );
  return all.length > 0
    ? found('partial', all.join(' '), figures)
    : found('pass', 'Triggers, policies, rights and logins are unchanged since the migrations.', figures);
}
