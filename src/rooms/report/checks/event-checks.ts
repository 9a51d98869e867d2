import {
  type Answer,
  cannotTell,
  check,
  type Figures,
  met,
  notMet,
  type ReportCheck,
  type ReportSubject,
} from '../check.js';
import type { COUNTED } from '../read-log.js';

const FAILED = 'outcome:failure,denied';
const DONE = 'outcome:success,partial';

/** A filter takes at most 20 values. */
const CREDENTIALS = [
  ...['password_change', 'user_password_change', 'password_reset', 'user_password_reset', 'password_reset_confirm'],
  ...['user_mfa_enable', 'user_mfa_disable', 'api_key_creation', 'api_key_revocation', 'token_issuance'],
  ...['user_registration', 'user_creation', 'admin_user_creation', 'user_deletion', 'admin_user_deletion'],
  ...['email_change', 'user_activation', 'user_deactivation', 'admin_user_suspension', 'user_token_rotation'],
];
const RIGHTS = ['role_assignment', 'role_revocation', 'permission_change', 'global_token_rotation'];
const SYSTEM_OBJECTS = [
  ...['user_creation', 'user_deletion', 'admin_user_creation', 'admin_user_deletion', 'api_key_creation'],
  ...['api_key_revocation', 'admin_backup_creation', 'backup_creation', 'backup_restoration', 'data_deletion'],
  ...['product_creation', 'product_deletion', 'oauth_client_registration', 'feature_enablement', 'feature_disablement'],
];
const LOGGING_CHANGES = [
  ...['audit_consumer_changed', 'audit_capture_attested', 'audit_capture_altered', 'audit_capture_baseline'],
  ...['audit_capture_ended', 'audit_events_retired', 'audit_signing_keys_changed', 'audit_ledger_adopted'],
  ...['audit_context_keys_changed', 'audit_hold_placed', 'audit_hold_released', 'audit_events_lost'],
  ...['system_started', 'system_stopped', 'audit_row_capture_failed'],
];
const NOT_ALL = 'That every such action in your organisation is recorded: only this application writes to the ledger.';

/** Checks that count the recorded actions of people. They select events by type, or by category for the application's own event types. */
const RECORDED: readonly ReportCheck[] = [
  recorded('data-access', 'Reading, exporting and changing data is recorded', NOT_ALL, {
    filters: ['category:data_access,file,provider,data_sync,payment', 'action:gdpr_data_export'],
  }),
  recorded(
    'administration',
    'Actions of administrators, and actions that need their rights, are recorded',
    'Actions of administrators outside the application, such as on its servers.',
    { filters: ['actorType:admin', 'category:administration,configuration'] },
  ),
  recorded(
    'log-access',
    'Reads and exports of the ledger are recorded in the ledger itself',
    'Reads of the database without the application, and reads of copies of the log.',
    { filters: ['action:audit_log_viewed,audit_log_exported'] },
  ),
  recorded('refused', 'Refused and failed attempts are recorded', NOT_ALL, {
    filters: [`category:authentication,authorization,session,rate_limit,custom ${FAILED}`],
  }),
  recorded('authentication', 'Successful and failed log-ins are recorded', 'Authentication at an identity provider.', {
    filters: ['category:authentication,session'],
    needs: { succeeded: DONE, failed: FAILED },
  }),
  recorded('authorization', 'Denied access is recorded', 'That every access rule is correct.', {
    filters: ['outcome:denied'],
  }),
  recorded(
    'credentials',
    'Changes of passwords, second factors, keys, accounts and roles are recorded',
    'Changes in the database or at an identity provider.',
    { filters: [`action:${CREDENTIALS.join()}`, `action:${RIGHTS.join()}`] },
  ),
  recorded(
    'access-rights',
    'Changes of roles, permissions and accounts are recorded',
    'That each change was approved, and that rights were reviewed.',
    { filters: ['category:authorization,user_management,administration'] },
  ),
  recorded(
    'logging-changes',
    'Starts, stops and changes of the logging itself are recorded, most of them as signed acts',
    'That nobody stopped the application unnoticed: the sealing shows gaps.',
    { filters: [`type:${LOGGING_CHANGES.join()}`, 'category:system'] },
  ),
  recorded(
    'system-objects',
    'Creation and deletion of system objects is recorded',
    'Objects outside the application and its captured tables.',
    { filters: [`action:${SYSTEM_OBJECTS.join()}`, 'type:row_inserted,row_deleted,table_truncated'] },
  ),
  recorded(
    'changes',
    'Changes of configuration and data are recorded, and of captured rows also the old and new values',
    'That changes of the program were tested and approved.',
    {
      filters: [
        'category:administration,configuration,row_change,catalog',
        'type:row_inserted,row_updated,row_deleted,row_changed_externally,table_truncated',
      ],
    },
  ),
  recorded(
    'errors',
    'Operations that failed are recorded with their severity',
    'That every error was recorded: errors outside audited operations are only in the application’s log.',
    { filters: ['severity:error,critical', 'outcome:failure'] },
  ),
  recorded(
    'erasures',
    'Erasures of personal data from the ledger are recorded as signed acts',
    'That other systems erased the data, too.',
    { filters: ['type:audit_subject_erased,audit_events_erased,gdpr_data_deleted'] },
  ),
  recorded(
    'subject-access',
    'Reports to persons about their data are recorded as reads of the ledger',
    'That the person got the report within a month.',
    { filters: ['action:gdpr_data_export,audit_log_viewed,audit_log_exported'] },
  ),
  recorded('operation', 'The application records events, here counted by type', NOT_ALL, {
    filters: [''],
    isByType: true,
  }),
];

interface RecordedEvents {
  readonly filters: readonly string[];
  /** The kinds of events that must each occur, as filters by their labels. Without this field, one event of any kind is enough. */
  readonly needs?: Readonly<Record<string, string>>;
  /** Whether the figures contain the number of events of each type. */
  readonly isByType?: boolean;
}

/** A count never gives `met`, since it does not prove that all events were recorded. */
function recorded(
  id: string,
  title: string,
  doesNotProve: string,
  { filters, needs = {}, isByType = false }: RecordedEvents,
): ReportCheck {
  return check(`events.${id}`, title, {
    ...{ lookedAt: 'The stored events that match a filter.', doesNotProve, filters },
    figures: ({ count, groups }) => ({
      events: count(...filters),
      ...Object.fromEntries(
        Object.entries(needs).map(([name, need]) => [name, count(...filters.map((filter) => `${filter} ${need}`))]),
      ),
      ...(isByType && Object.fromEntries(groups.map(({ type }) => [type, count(`type:${type}`)]))),
    }),
    look: (_, figures) => {
      const missing = Object.keys(needs).filter((name) => figures[name] === 0);
      if (figures.events === 0) return cannotTell('The ledger has no such event in the time range.');
      return missing.length > 0
        ? cannotTell(`The ledger has such events, but none of: ${missing.join(', ')}.`)
        : cannotTell(
            `The ledger has ${figures.events ?? 0} such events in the time range: a person has to judge them.`,
          );
    },
  });
}

const NO_EVENT = 'The time range has no event.';
const LACKING = {
  'without an actor': 'withoutActor',
  'without an origin': 'withoutOrigin',
  'without a resource': 'withoutObject',
} as const;

/** Checks of what events contain. */
const CONTENT: readonly ReportCheck[] = [
  check('content.fields', 'Each event has actor, action, time, origin, resource and outcome', {
    filters: [''],
    figures: ({ count, sum }) => ({
      events: count(''),
      ...Object.fromEntries(
        Object.entries(LACKING).map(([name, counted]) => [name, sum([''], (group) => group[counted])]),
      ),
    }),
    lookedAt: 'The fields of each event. An erased value counts as present, because its commitment remains.',
    doesNotProve: 'That the values are true: the ledger stores the application’s values.',
    look: lookAtFields,
  }),
  unwanted('content.time', 'Times are in UTC, and not in the future', {
    ...{ figure: 'ahead', counted: 'ahead', what: 'a time after its acceptance' },
    lookedAt: 'The time of each event, in UTC to the millisecond, and the time of its acceptance.',
    doesNotProve: 'That the clock of the server is synchronised: check its configuration.',
  }),
  unwanted('content.secrets', 'No event contains a key or a token', {
    ...{ figure: 'secrets', counted: 'withSecrets', what: 'a text in the form of a key or a token' },
    lookedAt:
      'The texts of each event, for a JSON Web Token, an AWS key or a private key. No option switches redaction off.',
    doesNotProve: 'That no event contains a secret of another form.',
  }),
];

interface UnwantedEvents extends Pick<ReportCheck, 'lookedAt' | 'doesNotProve'> {
  /** The name under which the report shows the number of these events. */
  readonly figure: string;
  readonly counted: keyof typeof COUNTED;
  /** The undesired property, as words for the report. */
  readonly what: string;
}

function unwanted(id: string, title: string, { figure, counted, what, ...more }: UnwantedEvents): ReportCheck {
  return check(id, title, {
    ...more,
    filters: [''],
    figures: ({ count, sum }) => ({ events: count(''), [figure]: sum([''], (group) => group[counted]) }),
    look: (_, { events = 0, [figure]: seen = 0 }) => {
      if (events === 0) return cannotTell(NO_EVENT);
      return seen === 0
        ? met(`None of ${events} events has ${what}.`)
        : notMet(`${seen} of ${events} events have ${what}.`);
    },
  });
}

function lookAtFields(_: ReportSubject, figures: Figures): Answer {
  const { events = 0 } = figures;
  if (events === 0) return cannotTell(NO_EVENT);
  const some = Object.keys(LACKING).flatMap((name) => (figures[name] === 0 ? [] : [`${figures[name] ?? ''} ${name}`]));
  if (some.length === 0) return met(`All ${events} events have every field.`);
  const answer = `Of ${events} events, some lack a field: ${some.join(', ')}.`;
  return figures['without an actor'] === 0 ? cannotTell(answer) : notMet(answer);
}

export const EVENT_CHECKS: readonly ReportCheck[] = [...RECORDED, ...CONTENT];
