import { check, found, NO_SETTINGS, type ReportCheck, type ReportSubject } from '../check.js';
import { COUNTED } from '../read-groups.js';
import type { CheckResult } from '../report.js';
import { queryOf } from './population-checks.js';

const ALL = {};
const NO_EVENT = 'The time range has no event.';
const LACKING = {
  'without an actor': 'withoutActor',
  'without an origin': 'withoutOrigin',
  'without a resource': 'withoutObject',
} as const;

export const CONTENT_CHECKS: readonly ReportCheck[] = [
  check('content.fields', 'population', 'Each event has actor, action, time, origin, resource and outcome', {
    selection: ALL,
    proves:
      'No event of the time range lacks a field. An erased value counts as present, because the event still contains its commitment.',
    doesNotProve: 'That the values are true: the ledger stores the application’s values.',
    query: (subject) => {
      const lacking = Object.entries(LACKING).map(([name, counted]) => [name, COUNTED[counted]]);
      const figures = Object.fromEntries(lacking) as Record<string, string>; // each entry is a pair of texts
      return queryOf(ALL, subject, figures);
    },
    look: lookAtFields,
  }),
  unwanted('content.time', 'Times are in UTC, and not in the future', {
    figure: 'ahead',
    counted: 'ahead',
    what: 'a time after its acceptance',
    proves: 'Times are stored in UTC, to the millisecond. No event has a time after its acceptance.',
    doesNotProve: 'That the clock of the server is synchronised: check its configuration.',
  }),
  unwanted('content.secrets', 'No event contains a key or a token', {
    figure: 'secrets',
    counted: 'withSecrets',
    what: 'a text in the form of a key or a token',
    proves:
      'No stored event has a text in the form of a JSON Web Token, an AWS key or a private key. No option switches redaction off.',
    doesNotProve: 'That no event contains a secret of another form.',
  }),
  check('content.coverage', 'config', 'Every route that changes state is audited, or has a reason not to be', {
    proves: 'Each route of the application that changes state has @Audited or @NotAudited in its source.',
    doesNotProve: 'That each reason is valid. Routes that only read are not checked.',
    query: () => 'nestjs-audit-ledger coverage <file of the root module>',
    look: ({ settings }) => {
      if (!settings) return NO_SETTINGS;
      const { checked, missing } = settings.coverage;
      const figures = { routes: checked, undecided: missing.length };
      if (checked === 0) return found('not-applicable', 'The application has no route that changes state.', figures);
      return missing.length === 0
        ? found('pass', `All ${checked} routes that change state have @Audited or @NotAudited.`, figures)
        : found(
            'fail',
            `These routes have neither @Audited nor @NotAudited: ${missing.slice(0, 10).join(', ')}.`,
            figures,
          );
    },
  }),
];

interface UnwantedCheck extends Pick<ReportCheck, 'proves' | 'doesNotProve'> {
  /** The name under which the report shows the number of these events. */
  readonly figure: string;
  readonly counted: keyof typeof COUNTED;
  /** The undesired property, as words for the report. */
  readonly what: string;
}

function unwanted(id: string, title: string, { figure, counted, what, ...more }: UnwantedCheck): ReportCheck {
  return check(id, 'population', title, {
    ...more,
    selection: ALL,
    query: (subject) => queryOf(ALL, subject, { [figure]: COUNTED[counted] }),
    look: (subject) => {
      const events = subject.count(ALL);
      const count = subject.sum(ALL, (group) => group[counted]);
      const figures = { events, [figure]: count };
      if (events === 0) return found('no-evidence', NO_EVENT, figures);
      return count === 0
        ? found('pass', `None of ${events} events has ${what}.`, figures)
        : found('fail', `${count} of ${events} events have ${what}.`, figures);
    },
  });
}

function lookAtFields(subject: ReportSubject): CheckResult {
  const events = subject.count(ALL);
  if (events === 0) return found('no-evidence', NO_EVENT, { events });
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
