import { check, found, NO_SETTINGS, type ReportCheck, type ReportSubject } from '../check.js';
import { COUNTED } from '../read-groups.js';
import type { CheckResult } from '../report.js';
import { queryOf } from './population-checks.js';

const ALL = {};
/** The fields that events may lack, by the names of the figures. */
const LACKING = {
  'without an actor': 'withoutActor',
  'without an origin': 'withoutOrigin',
  'without a resource': 'withoutObject',
} as const;

/** Checks of the events' content, whatever they are about. */
export const CONTENT_CHECKS: readonly ReportCheck[] = [
  check(
    'content.fields',
    'population',
    'Each event says who, what, when, from where, about what, and with which outcome',
    {
      selection: ALL,
      proves: 'No event of the time range lacks a field. Erased values count as present: their commitment is.',
      doesNotProve: 'That the values are true: the ledger stores what the application told it.',
      query: (subject) => {
        const lacking = Object.entries(LACKING).map(([name, counted]) => [name, COUNTED[counted]]);
        const figures = Object.fromEntries(lacking) as Record<string, string>; // pairs of texts
        return queryOf(ALL, subject, figures);
      },
      look: lookAtFields,
    },
  ),
  check('content.time', 'population', 'Times are in UTC, and none is of the future', {
    selection: ALL,
    proves:
      'Times are stored in UTC, to the millisecond. None is later than the moment at which the event was accepted.',
    doesNotProve: 'That the clock of the server follows a reference: see its configuration.',
    query: (subject) => queryOf(ALL, subject, { ahead: COUNTED.ahead }),
    look: (subject) => {
      const events = subject.count(ALL);
      const ahead = subject.sum(ALL, (group) => group.ahead);
      if (events === 0) return found('no-evidence', 'There is no event in the time range.', { events });
      return ahead === 0
        ? found('pass', 'No event is of a later time than the one at which it was accepted.', { events, ahead })
        : found('fail', `${ahead} events have a time that lies ahead of the one at which they were accepted.`, {
            events,
            ahead,
          });
    },
  }),
  check('content.secrets', 'population', 'No event has a text that is shaped like a key or a token', {
    selection: ALL,
    proves:
      'Of what redaction masks, no stored event has a JSON Web Token, a key of AWS or a private key. No option switches redaction off.',
    doesNotProve: 'That no secret has another shape.',
    query: (subject) => queryOf(ALL, subject, { secrets: COUNTED.withSecrets }),
    look: (subject) => {
      const events = subject.count(ALL);
      const secrets = subject.sum(ALL, ({ withSecrets }) => withSecrets);
      if (events === 0) return found('no-evidence', 'There is no event in the time range.', { events, secrets });
      return secrets === 0
        ? found('pass', `None of ${events} events has such a text.`, { events, secrets })
        : found('fail', `${secrets} events have such a text.`, { events, secrets });
    },
  }),
  check('content.coverage', 'config', 'Every route that changes state is audited, or says why not', {
    proves: 'Each route of the application that changes state has a decision in its source.',
    doesNotProve: 'That each reason is a good one; and what reads data, which the command does not check.',
    query: () => 'nestjs-audit-ledger coverage <file of the root module>',
    look: ({ settings }) => {
      if (!settings) return NO_SETTINGS;
      const { checked, missing } = settings.coverage;
      const figures = { routes: checked, undecided: missing.length };
      if (checked === 0) return found('not-applicable', 'The application has no route that changes state.', figures);
      return missing.length === 0
        ? found('pass', `All ${checked} routes that change state are decided about.`, figures)
        : found('fail', `Nobody decided about: ${missing.slice(0, 10).join(', ')}.`, figures);
    },
  }),
];

function lookAtFields(subject: ReportSubject): CheckResult {
  const events = subject.count(ALL);
  if (events === 0) return found('no-evidence', 'There is no event in the time range.', { events });
  const missing = Object.entries(LACKING).map(
    ([name, counted]) => [name, subject.sum(ALL, (group) => group[counted])] as const,
  );
  const figures = { events, ...Object.fromEntries(missing) };
  const some = missing.filter(([, count]) => count > 0).map(([name, count]) => `${count} ${name}`);
  if (some.length === 0) return found('pass', `All ${events} events have every field.`, figures);
  const isActorUnknown = subject.sum(ALL, ({ withoutActor }) => withoutActor) > 0;
  const answer = `Of ${events} events, some lack a field: ${some.join(', ')}.`;
  return found(isActorUnknown ? 'fail' : 'partial', answer, figures);
}
