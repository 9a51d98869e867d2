import { check, found, type ReportCheck, type ReportSubject } from '../check.js';
import { conditionOf, type Selection } from '../selection.js';
import type { CheckResult } from '../report.js';

const FAILED: Selection = { outcome: ['failure', 'denied'] };
const DONE: Selection = { outcome: ['success', 'partial'] };

const LOG_ACCESS = ['audit_log_viewed', 'audit_log_exported'];
const CREDENTIALS = [
  ...['password_change', 'user_password_change', 'password_reset', 'user_password_reset', 'password_reset_confirm'],
  ...['user_mfa_enable', 'user_mfa_disable', 'api_key_creation', 'api_key_revocation', 'token_issuance'],
  ...['user_registration', 'user_creation', 'admin_user_creation', 'user_deletion', 'admin_user_deletion'],
  ...['email_change', 'user_activation', 'user_deactivation', 'admin_user_suspension', 'user_token_rotation'],
  ...['role_assignment', 'role_revocation', 'permission_change', 'global_token_rotation'],
];
const SYSTEM_OBJECTS = [
  ...['user_creation', 'user_deletion', 'admin_user_creation', 'admin_user_deletion', 'api_key_creation'],
  ...['api_key_revocation', 'admin_backup_creation', 'backup_creation', 'backup_restoration', 'data_deletion'],
  ...['product_creation', 'product_deletion', 'oauth_client_registration', 'feature_enablement', 'feature_disablement'],
];
const LOGGING_CHANGES = [
  ...['audit_stream_changed', 'audit_capture_attested', 'audit_capture_altered', 'audit_capture_baseline'],
  ...['audit_capture_ended', 'audit_events_retired', 'audit_signing_keys_changed', 'audit_ledger_adopted'],
  ...['audit_context_keys_changed', 'audit_hold_placed', 'audit_hold_released', 'audit_events_lost'],
  ...['system_started', 'system_stopped', 'audit_row_capture_failed'],
];
const NOT_ALL = 'That every such action in your organisation is recorded: only this application writes to the ledger.';

/** Checks that count the recorded actions of people. They select events by type, or by category for the application's own event types. */
export const POPULATION_CHECKS: readonly ReportCheck[] = [
  population('data-access', 'Access to data is recorded', {
    selection: {
      anyOf: [
        { category: ['data_access', 'file', 'provider', 'data_sync', 'payment'] },
        { action: ['gdpr_data_export'] },
      ],
    },
    proves: 'Reading, exporting and changing data was recorded, with actor and time.',
    doesNotProve: NOT_ALL,
  }),
  population('administration', 'Administrators’ actions are recorded', {
    selection: { anyOf: [{ actorType: ['admin'] }, { category: ['administration', 'configuration'] }] },
    proves: 'Actions of administrators and actions that need their rights were recorded.',
    doesNotProve: 'Actions of administrators outside the application, such as on its servers.',
  }),
  population('log-access', 'Access to the log is recorded', {
    selection: { action: LOG_ACCESS },
    proves: 'Reads and exports of the ledger were recorded in the ledger itself.',
    doesNotProve: 'Reads of the database without the application, and reads of copies of the log.',
  }),
  population('refused', 'Refused and failed attempts are recorded', {
    selection: {
      anyOf: [{ category: ['authentication', 'authorization', 'session', 'rate_limit', 'custom'] }],
      ...FAILED,
    },
    proves: 'Attempts that were refused or failed were recorded.',
    doesNotProve: NOT_ALL,
  }),
  population('authentication', 'Successful and failed log-ins are recorded', {
    selection: { category: ['authentication', 'session'] },
    needs: { succeeded: DONE, failed: FAILED },
    proves: 'Successful and failed authentication was recorded.',
    doesNotProve: 'Authentication at an identity provider.',
  }),
  population('authorization', 'Denied access is recorded', {
    selection: { outcome: ['denied'] },
    proves: 'Denied requests were recorded as denied.',
    doesNotProve: 'That every access rule is correct.',
  }),
  population('credentials', 'Changes of credentials and rights are recorded', {
    selection: { action: CREDENTIALS },
    proves: 'Changes of passwords, second factors, keys, accounts and roles were recorded.',
    doesNotProve: 'Changes in the database or at an identity provider.',
  }),
  population('access-rights', 'Granting and withdrawing rights is recorded', {
    selection: { category: ['authorization', 'user_management', 'administration'] },
    proves: 'Changes of roles, permissions and accounts were recorded.',
    doesNotProve: 'That each change was approved, and that rights were reviewed.',
  }),
  population('logging-changes', 'Starts, stops and changes of the logging itself are recorded', {
    selection: { anyOf: [{ type: LOGGING_CHANGES }, { category: ['system'] }] },
    proves: 'Changes of streams, of row capture, of keys and of retention were recorded, most of them as signed acts.',
    doesNotProve: 'That nobody stopped the application unnoticed: the sealing shows gaps.',
  }),
  population('system-objects', 'Creation and deletion of system objects is recorded', {
    selection: { anyOf: [{ action: SYSTEM_OBJECTS }, { type: ['row_inserted', 'row_deleted', 'table_truncated'] }] },
    proves: 'Creation and deletion of objects by the application or in a captured table was recorded.',
    doesNotProve: 'Objects outside the application and its captured tables.',
  }),
  population('changes', 'Changes of configuration and data are recorded', {
    selection: {
      anyOf: [
        { category: ['administration', 'configuration', 'row_change', 'catalog'] },
        { type: ['row_inserted', 'row_updated', 'row_deleted', 'row_changed_externally', 'table_truncated'] },
      ],
    },
    proves: 'Changes were recorded with their actor, and changes of captured rows also with the old and new values.',
    doesNotProve: 'That changes of the program were tested and approved.',
  }),
  population('errors', 'Unexpected errors are recorded', {
    selection: { anyOf: [{ severity: ['error', 'critical'] }, { outcome: ['failure'] }] },
    proves: 'Operations that failed were recorded with their severity.',
    doesNotProve: 'That every error was recorded: errors outside audited operations are only in the application’s log.',
  }),
  population('erasures', 'Erasures are recorded', {
    selection: { type: ['audit_subject_erased', 'audit_events_erased', 'gdpr_data_deleted'] },
    proves: 'Personal data was erased from the ledger by signed acts, and the other events still verify.',
    doesNotProve: 'That other systems erased the data, too.',
  }),
  population('subject-access', 'Reports to persons about their data are recorded', {
    selection: { anyOf: [{ action: ['gdpr_data_export'] }, { action: LOG_ACCESS }] },
    proves: 'Reports of the ledger’s data were made: each is recorded as a read of the ledger.',
    doesNotProve: 'That the person got the report within a month.',
  }),
  population('operation', 'The application records events', {
    selection: {},
    proves: 'Events were recorded in the time range.',
    doesNotProve: NOT_ALL,
  }),
];

interface PopulationCheck extends Pick<ReportCheck, 'proves' | 'doesNotProve'> {
  readonly selection: Selection;
  /** The kinds of events that must each occur. The key is the label of a kind. Without this field, one event of any kind is enough. */
  readonly needs?: Readonly<Record<string, Selection>>;
}

/** A count never gives `pass`, since it does not prove that all events were recorded. */
function population(id: string, title: string, { needs = {}, selection, ...more }: PopulationCheck): ReportCheck {
  return check(`events.${id}`, 'population', title, {
    ...more,
    selection,
    query: (subject) => {
      const kinds = Object.entries(needs).map(([name, need]) => [name, conditionOf(need)]);
      return queryOf(selection, subject, Object.fromEntries(kinds) as Record<string, string>); // each entry is a pair of texts
    },
    look: (subject) => look(subject, selection, needs),
  });
}

/** Returns a SQL statement that counts the events of a selection, and among these the events that meet each condition. */
export function queryOf(
  selection: Selection,
  { scope }: ReportSubject,
  figures: Readonly<Record<string, string>>,
): string {
  const counts = Object.entries(figures).map(
    ([name, condition]) => `count(*) FILTER (WHERE ${condition}) AS "${name}"`,
  );
  return `SELECT ${['count(*) AS "events"', ...counts].join(',\n       ')}
  FROM audit_event JOIN audit_leaf ON event_id = id
 WHERE index < ${scope.size} AND id >= audit_event_first_id('${scope.from}'::timestamptz) AND id < audit_event_first_id('${scope.to}'::timestamptz)
   AND ${conditionOf(selection)}`;
}

function look(subject: ReportSubject, selection: Selection, needs: Readonly<Record<string, Selection>>): CheckResult {
  const events = subject.count(selection);
  const kinds = Object.entries(needs).map(([name, need]) => {
    return { name, events: subject.count({ anyOf: [selection], ...need }) };
  });
  const missing = kinds.filter((kind) => kind.events === 0).map(({ name }) => name);
  const figures = { events, ...Object.fromEntries(kinds.map((kind) => [kind.name, kind.events])) };
  if (events === 0) return found('no-evidence', 'The ledger has no such event in the time range.', figures);
  if (missing.length > 0) {
    return found('partial', `The ledger has such events, but none of: ${missing.join(', ')}.`, figures);
  }
  return found('evidence', `The ledger has ${events} such events in the time range.`, figures);
}
