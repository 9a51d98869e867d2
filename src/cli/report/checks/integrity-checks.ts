import { faultOfLogin } from '../../../modules/monitoring/store/sessions/login-rights.js';
import { check, found, type ReportCheck, type ReportSubject } from '../check.js';
import type { CheckResult } from '../report.js';

export const INTEGRITY_CHECKS: readonly ReportCheck[] = [
  check('integrity.verified', 'integrity', 'No event was altered, removed, inserted or moved', {
    proves: 'Each stored event was computed again, and leads to the root of the signed checkpoint.',
    doesNotProve:
      'What happened before the first checkpoint that you keep elsewhere, if the holder of the key and the database work together.',
    query: () => 'nestjs-audit-ledger verify --key <verifier key> --checkpoint <kept checkpoint>',
    look: ({ verification, scope, isKeyGiven, facts }) => {
      if (!verification) return found('no-evidence', 'The ledger was not verified.');
      const { verdict, totalFindings, findings, checked, size, retired } = verification;
      const figures = { findings: totalFindings, retired };
      if (verdict !== 'sound') {
        const kinds = [...new Set(findings.map(({ kind }) => kind))].join(', ');
        return found('fail', `The ledger was tampered with: ${totalFindings} findings (${kinds}).`, figures);
      }
      if (scope.size === 0) return found('no-evidence', 'Nothing is sealed yet.', figures);
      const doubts = [
        ...(checked < size ? ['The older events were not computed again.'] : []),
        ...(isKeyGiven
          ? []
          : ['The keys are those that the database names: who can rewrite it can name others. Give --key.']),
        ...(facts.outside.given + facts.outside.cosigned > 0
          ? []
          : [
              'No checkpoint from outside was given, so events that were cut off at the end would not show. Give --checkpoint.',
            ]),
      ];
      return doubts.length > 0
        ? found('partial', `Nothing contradicts the signed log. ${doubts.join(' ')}`, figures)
        : found('pass', 'Every sealed event is as it was sealed.', figures);
    },
  }),
  check('integrity.signed', 'integrity', 'Every event is sealed and signed', {
    proves: 'A checkpoint that the ledger’s key signed covers each event, and none waits for more than a minute now.',
    doesNotProve: 'That nobody else has the key, and how long events waited before.',
    query: () => 'nestjs-audit-ledger checkpoint',
    look: ({ facts, scope, verification, isSound }) => {
      const figures = { places: scope.size };
      if (!verification) return found('no-evidence', 'The ledger was not verified.', figures);
      const isUnsigned = verification.findings.some(({ kind }) => kind.startsWith('checkpoint_'));
      if (isUnsigned) return found('fail', 'A checkpoint is not signed by a known key.', figures);
      if (scope.size === 0) return found('fail', 'There is no signed checkpoint.', figures);
      if (facts.isSealingLate) {
        return found('fail', 'Events wait for longer than a minute to be sealed: nobody seals.', figures);
      }
      return isSound
        ? found('pass', `A signed checkpoint covers ${scope.size} events.`, figures)
        : found('partial', 'There is a signed checkpoint, and the ledger is not as it was signed.', figures);
    },
  }),
  check('integrity.protected', 'config', 'The database refuses changes of stored events, also by the application', {
    proves:
      'Triggers, policies and rights of the ledger’s tables are as the migrations make them, and the logins of the application are neither superusers nor owners.',
    doesNotProve:
      'That a superuser of the server did not switch them off and on again in between: verifying shows what was changed.',
    query: () => 'nestjs-audit-ledger doctor <file of the root module>',
    look: lookAtProtection,
  }),
  check(
    'integrity.outside',
    'config',
    'Checkpoints leave the database, so that its administrator cannot rewrite the past',
    {
      proves:
        'A checkpoint from outside of the database, or one that a witness of the application cosigned, is of this log.',
      doesNotProve: 'That the same person cannot change both.',
      query: () => 'nestjs-audit-ledger verify --checkpoint <kept checkpoint> --witness <key>',
      look: (subject) => {
        const { facts, scope, isSound } = subject;
        const { given, cosigned, claimed } = facts.outside;
        const figures = { given, cosigned, claimed, places: scope.size };
        const known = Math.max(given, cosigned);
        if (known === 0 && claimed === 0) return found('fail', 'No checkpoint left the database.', figures);
        if (known === 0) {
          const answer = `Only rows of the database say that a checkpoint of ${claimed} of ${scope.size} places left it, and nobody signed them. Give --checkpoint with one that was kept outside.`;
          return found('partial', answer, figures);
        }
        return isSound && subject.hasPassed(known)
          ? found('pass', `The outside knows the first ${known} of ${scope.size} places.`, figures)
          : found('partial', `The outside knows only the first ${known} of ${scope.size} places.`, figures);
      },
    },
  ),
  check('integrity.copied', 'config', 'Events are copied to another system at once', {
    proves:
      'By signed acts, a stream sends every event to a destination outside, in order; by a place that the ledger’s key signed, it is not behind.',
    doesNotProve:
      'That the destination keeps them, who may read them there, and that it has those of before the stream began.',
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
        return found('partial', `The database has streams, and not everything of them is signed. ${doubts}.`, figures);
      }
      return isSound && subject.hasPassed(places)
        ? found('pass', `${sure.map(({ name }) => name).join(', ')} has ${places} of ${scope.size} places.`, figures)
        : found('partial', `The farthest stream has only ${places} of ${scope.size} places.`, figures);
    },
  }),
  check('integrity.losses', 'population', 'Nobody reported a lost event', {
    selection: { type: ['audit_events_lost'] },
    proves:
      'No process reported events that it could not store, and the ledger has no captured change that it cannot take.',
    doesNotProve: 'Losses of a process that never came back to report them.',
    query: () => `nestjs-audit-ledger query type=audit_events_lost; nestjs-audit-ledger spill list`,
    look: (subject) => {
      const losses = subject.count({ type: ['audit_events_lost'] });
      const { parkedChanges } = subject.facts;
      const figures = { losses, parkedChanges };
      if (losses > 0) return found('fail', `${losses} times, a process reported lost events.`, figures);
      if (parkedChanges > 0)
        return found('fail', `The ledger cannot store ${parkedChanges} captured changes.`, figures);
      return subject.stored() === 0
        ? found('no-evidence', 'There is no event in the time range, so nobody reported anything.', figures)
        : found('pass', 'Nobody reported a lost event.', figures);
    },
  }),
];

/** Matches findings that a login has more rights than it needs, unlike those about a trigger or a policy. */
const OF_LOGINS = /^(The ledger belongs to|These logins add events)/;

function lookAtProtection({ verification, logins }: ReportSubject): CheckResult {
  if (!verification) return found('no-evidence', 'The ledger was not looked at.');
  const { unprotected = [] } = verification;
  const faults = [
    ...(logins ? [faultOfLogin(logins.writes)] : []),
    ...(logins?.seals ? [faultOfLogin(logins.seals, { seals: true })] : []),
  ].flatMap((fault) => fault ?? []);
  const figures = { differences: unprotected.length + faults.length };
  const isChangeable =
    faults.some(({ right }) => right === 'superuser' || right === 'owner' || right === 'changes') ||
    !unprotected.every((sentence) => OF_LOGINS.test(sentence));
  const all = [...faults.map(({ says }) => says), ...unprotected];
  if (isChangeable) return found('fail', all.join(' '), figures);
  if (!logins)
    all.push('As which login the application works is not known: name its root module, whose database can be reached.');
  return all.length > 0
    ? found('partial', all.join(' '), figures)
    : found('pass', 'Triggers, policies, rights and logins are as the migrations make them.', figures);
}
