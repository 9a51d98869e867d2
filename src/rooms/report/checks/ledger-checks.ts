import { faultOfLogin } from '../../../monitoring/store/sessions/login-rights.js';
import { type Answer, cannotTell, check, met, notMet, type ReportCheck, type ReportSubject } from '../check.js';

const LOST = 'type:audit_events_lost';

export const LEDGER_CHECKS: readonly ReportCheck[] = [
  check('integrity.verified', 'No event was altered, removed, inserted or moved', {
    figures: ({ verification }) => ({
      findings: verification?.totalFindings ?? 'unknown',
      retired: verification?.retired ?? 'unknown',
      unproven: verification?.archives?.unseen ?? verification?.retired ?? 'unknown',
    }),
    lookedAt:
      'Each stored event, recomputed up to the root of the signed checkpoint (verify --key --checkpoint --archives).',
    doesNotProve:
      'That no event was altered before your first checkpoint outside the database, if one person controls the key and the database.',
    look: ({ verification, size: all, isKeyGiven, facts }, { unproven = 0 }) => {
      if (!verification) return cannotTell('The ledger was not verified.');
      const { verdict, totalFindings, findings, checked, size, retired } = verification;
      if (verdict !== 'sound') {
        const kinds = [...new Set(findings.map(({ kind }) => kind))].join(', ');
        return notMet(`The ledger was tampered with: ${totalFindings} findings (${kinds}).`);
      }
      if (all === 0) return cannotTell('Nothing is sealed yet.');
      const doubts = [
        ...(checked < size ? ['Only the events after a trusted checkpoint were recomputed.'] : []),
        ...(Number(unproven) > 0
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
        ? cannotTell(`Nothing contradicts the signed log. ${doubts.join(' ')}`)
        : met(`Every sealed event is unchanged${retired > 0 ? ', also in the archives' : ''}.`);
    },
  }),
  check('integrity.signed', 'Every event is sealed and signed', {
    figures: ({ size }) => ({ places: size }),
    lookedAt: 'The newest signed checkpoint, and the events that wait to be sealed (checkpoint).',
    doesNotProve: 'That nobody else has the key, and how long earlier events waited.',
    look: ({ facts, size, verification, isSound }) => {
      if (!verification) return cannotTell('The ledger was not verified.');
      const isUnsigned = verification.findings.some(({ kind }) => kind.startsWith('checkpoint_'));
      if (isUnsigned) return notMet('At least one checkpoint was not signed by a known key.');
      if (size === 0) return notMet('The ledger has no signed checkpoint.');
      if (facts.isSealingLate) {
        return notMet('Events wait for more than a minute to be sealed: nobody seals.');
      }
      return isSound
        ? met(`A signed checkpoint covers ${size} events.`)
        : cannotTell('The ledger has a signed checkpoint, but differs from it.');
    },
  }),
  check('integrity.protected', 'The database refuses changes of stored events', {
    lookedAt: 'The triggers, policies and rights of the ledger’s tables, and the application’s logins (doctor).',
    doesNotProve: 'That no superuser switched the triggers off and on again: verify shows changes of events.',
    figures: (subject) => ({
      differences: faultsOf(subject).length + (subject.verification?.unprotected?.length ?? 0),
    }),
    look: lookAtProtection,
  }),
  check(
    'integrity.outside',
    'Checkpoints are stored outside the database, so that its administrator cannot rewrite the past',
    {
      figures: ({ facts, size }) => ({ ...facts.outside, places: size }),
      lookedAt: 'Checkpoints from outside the database, and cosignatures of witnesses (verify --checkpoint --witness).',
      doesNotProve: 'That no single person can change both the database and the stored checkpoints.',
      look: (subject) => {
        const { facts, size, isSound } = subject;
        const { given, cosigned, claimed } = facts.outside;
        const known = Math.max(given, cosigned);
        if (known === 0 && claimed === 0) return notMet('No checkpoint was published outside the database.');
        if (known === 0) {
          const answer = `Only unsigned rows of the database claim that a checkpoint of ${claimed} of ${size} events was published. Give --checkpoint with a checkpoint from outside.`;
          return cannotTell(answer);
        }
        return isSound && subject.hasPassed(known)
          ? met(`Checkpoints outside the database cover ${known} of ${size} events.`)
          : cannotTell(`Checkpoints outside the database cover only ${known} of ${size} events.`);
      },
    },
  ),
  check('integrity.copied', 'Events are copied to another system at once', {
    figures: ({ facts: { streams }, size }) => ({
      streams:
        streams.map(({ name, state, destination }) => `${name} (${state}) to ${destination}`).join(', ') || 'none',
      of: size,
    }),
    lookedAt: 'The signed notes of the streams (consumers list).',
    doesNotProve:
      'That the destination stores the events, who may read them there, and that it has events from before the stream.',
    look: (subject) => {
      const { facts, size, isSound } = subject;
      const { streams, removedStreams } = facts;
      const active = streams.filter(({ state }) => state === 'active');
      const stopped = streams.filter(({ state }) => state !== 'active' && state !== 'done').map(({ name }) => name);
      const sure = active.filter(({ doubt }) => doubt === undefined);
      const places = Math.max(0, ...sure.map((stream) => stream.places));
      if (removedStreams.length > 0) {
        return notMet(`Somebody removed the rows of these streams or consumers: ${removedStreams.join(', ')}.`);
      }
      if (stopped.length > 0) return notMet(`These streams do not run: ${stopped.join(', ')}.`);
      if (active.length === 0) return notMet('No stream sends events to another system.');
      if (sure.length === 0) {
        const doubts = active.map(({ name, doubt }) => `${name}: ${doubt ?? ''}`).join('; ');
        return cannotTell(`The database has streams, but not all facts about them are signed. ${doubts}.`);
      }
      return isSound && subject.hasPassed(places)
        ? met(`${sure.map(({ name }) => name).join(', ')} sent ${places} of ${size} events.`)
        : cannotTell(`The most advanced stream sent only ${places} of ${size} events.`);
    },
  }),
  check('integrity.losses', 'Nobody reported a lost event', {
    filters: [LOST],
    figures: (subject) => ({ losses: subject.count(LOST), parkedChanges: subject.facts.parkedChanges }),
    lookedAt: 'Reports of lost events, and row changes that cannot be stored (parked, spill list).',
    doesNotProve: 'Losses of a process that could not report them.',
    look: (subject) => {
      const losses = subject.count(LOST);
      const { parkedChanges } = subject.facts;
      if (losses > 0) return notMet(`${losses} times, a process reported lost events.`);
      if (parkedChanges > 0) return notMet(`The ledger cannot store ${parkedChanges} captured changes.`);
      return subject.count('') === 0
        ? cannotTell('The time range has no event, so nobody reported anything.')
        : met('Nobody reported a lost event.');
    },
  }),
];

const OF_LOGINS = /^(The ledger belongs to|These logins add events)/;

function faultsOf({ logins }: ReportSubject) {
  const faults = logins && [faultOfLogin(logins.writes), logins.seals && faultOfLogin(logins.seals, { seals: true })];
  return faults?.filter((fault) => fault !== undefined) ?? [];
}

function lookAtProtection(subject: ReportSubject): Answer {
  const { verification, logins } = subject;
  if (!verification) return cannotTell('The ledger was not verified, so its protection is unknown.');
  const { unprotected = [] } = verification;
  const faults = faultsOf(subject);
  const isChangeable =
    faults.some(({ right }) => right !== 'seals') || !unprotected.every((sentence) => OF_LOGINS.test(sentence));
  const all = [...faults.map(({ says }) => says), ...unprotected];
  if (isChangeable) return notMet(all.join(' '));
  if (!logins)
    all.push(
      'The login of the application is unknown: name its root module, and make sure that its database can be reached.',
    );
  return all.length > 0
    ? cannotTell(all.join(' '))
    : met('Triggers, policies, rights and logins are unchanged since the migrations.');
}
