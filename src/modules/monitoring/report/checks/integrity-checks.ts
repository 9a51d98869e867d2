import { found, type ReportCheck } from '../check.js';

/** What the log proves of itself. */
export const INTEGRITY_CHECKS: readonly ReportCheck[] = [
  {
    id: 'integrity.verified',
    kind: 'integrity',
    title: 'No event was altered, removed, inserted or moved',
    proves: 'Each stored event was computed again, and leads to the root of the signed checkpoint.',
    doesNotProve:
      'What happened before the first checkpoint that you keep elsewhere, if the holder of the key and the database work together.',
    query: () => 'nestjs-audit-ledger verify --key <verifier key> --checkpoint <kept checkpoint>',
    look: ({ verification, scope }) => {
      if (!verification) return found('no-evidence', 'The ledger was not verified.');
      const { verdict, totalFindings, findings, checked, size, retired } = verification;
      const figures = { findings: totalFindings, retired };
      if (verdict !== 'sound') {
        const kinds = [...new Set(findings.map(({ kind }) => kind))].join(', ');
        return found('fail', `The ledger was tampered with: ${totalFindings} findings (${kinds}).`, figures);
      }
      if (scope.size === 0) return found('no-evidence', 'Nothing is sealed yet.', figures);
      return checked < size
        ? found('partial', 'The newest events are sound. The older ones were not computed again.', figures)
        : found('pass', 'Every sealed event is as it was sealed.', figures);
    },
  },
  {
    id: 'integrity.signed',
    kind: 'integrity',
    title: 'Every event is sealed and signed soon after it happened',
    proves: 'A checkpoint that the ledger’s key signed covers each event, and none waits for more than a minute.',
    doesNotProve: 'That nobody else has the key.',
    query: () => 'nestjs-audit-ledger checkpoint',
    look: ({ facts, scope, verification }) => {
      const figures = { places: scope.size };
      const isUnsigned = verification?.findings.some(({ kind }) => kind.startsWith('checkpoint_')) === true;
      if (isUnsigned) return found('fail', 'A checkpoint is not signed by a known key.', figures);
      if (scope.size === 0) return found('fail', 'There is no signed checkpoint.', figures);
      if (facts.isSealingLate) {
        return found('fail', 'Events wait for longer than a minute to be sealed: nobody seals.', figures);
      }
      return found('pass', `A signed checkpoint covers ${scope.size} events.`, figures);
    },
  },
  {
    id: 'integrity.protected',
    kind: 'config',
    title: 'The database refuses changes of stored events',
    proves: 'Triggers, policies and rights of the ledger’s tables are as the migrations make them.',
    doesNotProve:
      'That a superuser of the server did not switch them off and on again in between: verifying shows what was changed.',
    query: () => 'nestjs-audit-ledger doctor',
    look: ({ verification }) => {
      if (!verification) return found('no-evidence', 'The ledger was not looked at.');
      const { unprotected = [] } = verification;
      const figures = { differences: unprotected.length };
      if (unprotected.length === 0) {
        return found('pass', 'Triggers, policies and rights are as the migrations make them.', figures);
      }
      // A set-up with one login is complete, and its login could switch the triggers off.
      return found(
        unprotected.every((sentence) => OF_LOGINS.test(sentence)) ? 'partial' : 'fail',
        unprotected.join(' '),
        figures,
      );
    },
  },
  {
    id: 'integrity.outside',
    kind: 'config',
    title: 'Checkpoints leave the database, so that its administrator cannot rewrite the past',
    proves: 'A destination outside of the database, or a witness, has a checkpoint of this log.',
    doesNotProve: 'That the same person cannot change both.',
    query: () => 'SELECT destination, size FROM audit_publication; SELECT max(size) FROM audit_cosignature',
    look: ({ facts, scope }) => {
      const published = Math.max(0, ...facts.publications.map(({ places }) => places));
      const figures = {
        destinations: facts.publications.length,
        published,
        cosigned: facts.cosignedPlaces,
        places: scope.size,
      };
      const known = Math.max(published, facts.cosignedPlaces);
      if (known === 0) return found('fail', 'No checkpoint left the database.', figures);
      return isNear(known, scope.size)
        ? found('pass', `The outside knows the first ${known} of ${scope.size} places.`, figures)
        : found('partial', `The outside knows only the first ${known} of ${scope.size} places.`, figures);
    },
  },
  {
    id: 'integrity.copied',
    kind: 'config',
    title: 'Events are copied to another system at once',
    proves: 'A stream sends every event to a destination outside, in order, and is not behind.',
    doesNotProve: 'That the destination keeps them, and who may read them there.',
    query: () => 'SELECT name, state, position FROM audit_stream',
    look: ({ facts, scope }) => {
      const { streams, removedStreams } = facts;
      const active = streams.filter(({ state }) => state === 'active');
      const stopped = streams.filter(({ state }) => state !== 'active' && state !== 'done').map(({ name }) => name);
      const places = Math.max(0, ...active.map((stream) => stream.places));
      const figures = { streams: streams.length, active: active.length, places, of: scope.size };
      if (removedStreams.length > 0) {
        return found('fail', `These streams were removed in the time range: ${removedStreams.join(', ')}.`, figures);
      }
      if (stopped.length > 0) return found('fail', `These streams do not run: ${stopped.join(', ')}.`, figures);
      if (active.length === 0) return found('fail', 'No stream sends events to another system.', figures);
      return isNear(places, scope.size)
        ? found('pass', `${active.map(({ name }) => name).join(', ')} has ${places} of ${scope.size} places.`, figures)
        : found('partial', `The farthest stream has only ${places} of ${scope.size} places.`, figures);
    },
  },
  {
    id: 'integrity.losses',
    kind: 'population',
    title: 'No event was lost',
    selection: { types: ['audit_events_lost'] },
    proves:
      'No process reported events that it could not store, and the ledger has no captured change that it cannot take.',
    doesNotProve: 'Losses of a process that never came back to report them.',
    query: () => `nestjs-audit-ledger query type=audit_events_lost; nestjs-audit-ledger spill list`,
    look: (subject) => {
      const losses = subject.count({ types: ['audit_events_lost'] });
      const { parkedChanges } = subject.facts;
      const figures = { losses, parkedChanges };
      if (losses > 0) return found('fail', `${losses} times, a process reported lost events.`, figures);
      if (parkedChanges > 0)
        return found('fail', `The ledger cannot store ${parkedChanges} captured changes.`, figures);
      return found('pass', 'Nobody reported a lost event.', figures);
    },
  },
];

/** What says that a login has more rights than it needs, and nothing of a trigger or a policy. */
const OF_LOGINS = /^(The ledger belongs to|These logins add events)/;

/** What happens while the report is made moves a place a little. */
const NEAR = 100;

function isNear(places: number, size: number): boolean {
  return places > 0 && places + NEAR >= size;
}
