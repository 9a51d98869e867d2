import type { AuditDetailsIssue } from '../../base/errors/audit.error.js';
import { OUTCOMES, SEVERITIES } from '../../base/event/outcomes.js';
import { readSafely } from '../../base/read-safely.js';
import { getErrorMessage } from '../../base/errors/error-facts.js';
import { declareErrors } from '../../base/errors/declare-errors.js';

/** The optional modules, by their names without `Module`. */
export type OptionalExtension = 'RowChanges' | 'Streams' | 'Alerts' | 'JetStream' | 'AuditViewer';

export type NeededModule = keyof typeof IMPORTS;

const IMPORTS = {
  AuditModule: { seen: 'is missing', remedy: 'Add AuditModule.forRoot() to the imports of the root module.' },
  MonitoringModule: {
    seen: 'is missing, or switched off by its option enabled',
    remedy:
      'Add MonitoringModule.forRootAsync({ … }) to the imports of the root module, or switch off both modules with their option enabled.',
  },
} as const;

const IMPORT_ONCE =
  'Import AuditModule.forRoot() once, in the root module; it is global, so other modules need no import.';

/** The part of an error message that explains the form of an event name. */
export const NOT_AN_EVENT_NAME =
  'is not an event name. Use 1 to 128 lower-case letters, digits and _ . : -, a letter first';

const MAX_LISTED_NAMES = 10;
const MAX_NAME = 64;

/** The errors of the core, except those that answer a request (`http.errors.ts`). */
export const auditErrors = declareErrors({
  AUDIT_OPTIONS_INVALID: {
    kind: 'invalid',
    when: 'boot, a decorator or a call: the message lists all wrong options; the key of row contexts is missing, too short or unreadable',
    do: 'correct them',
    message: (
      problems: readonly string[],
      module: 'Audit' | 'Monitoring' | OptionalExtension = 'Audit',
      doing = `start ${module}Module`,
    ) => ({ problems, message: `Cannot ${doing}: ${problems.join('; ')}. Correct its options.` }),
  },
  AUDIT_MODULE_MISUSED: {
    kind: 'invalid',
    when: 'boot: `AuditModule` or `MonitoringModule` is imported without options, or twice; a module without the module that it needs',
    do: 'import `AuditModule.forRoot()`, or `MonitoringModule.forRootAsync()`, once, in the root module',
    message: {
      bare: () => `Cannot start AuditModule: it is imported without options. ${IMPORT_ONCE}`,
      twice: () =>
        `Cannot start AuditModule: it is imported twice, so every event would be recorded twice. ${IMPORT_ONCE}`,
      monitoring: (cause: 'without options' | 'twice, but an application can have only one ledger') =>
        `Cannot start MonitoringModule: it is imported ${cause}. ` +
        'Import MonitoringModule.forRootAsync({ … }) once, in the root module.',
      alone: (name: string, needed: NeededModule) => {
        const { seen: cause, remedy } = IMPORTS[needed];
        return `Cannot start ${name}: ${needed} ${cause}. ${remedy}`;
      },
      extension: (name: string) =>
        `Cannot start ${name}: it is imported twice. Import it once, in the root module, after MonitoringModule.forRootAsync({ … }).`,
    },
  },
  AUDIT_PROVIDER_INVALID: {
    kind: 'invalid',
    when: 'boot: a class marked `@AuditProvider` is request-scoped, has no `record()`, an invalid name, or the name of another provider; or `disabledProviders` has an unknown name',
    do: 'follow the message',
    message: {
      requestScoped: (className: string) =>
        `Cannot register the audit provider ${className}: it is request-scoped or transient, so no single instance can ` +
        'receive the events. Make the provider, and everything that it injects, a singleton.',
      withoutRecord: (className: string, module: string) =>
        `Cannot register the audit provider ${className} of ${module}: it has no method record(). ` +
        'Implement the interface AuditProvider.',
      duplicate: (backend: string, firstModule: string, secondModule: string) => {
        const where =
          firstModule === secondModule ? `twice in ${firstModule}` : `by ${firstModule} and again by ${secondModule}`;
        return (
          `Cannot register the audit provider "${backend}": it is registered ${where}, so it would get every event twice. ` +
          'Provide it in one module and export it from that module, or give one provider another backend name.'
        );
      },
      unknown: (backend: string, known: readonly string[]) =>
        `Cannot disable the audit provider "${backend}": no provider has that name. ` +
        (known.length === 0 ? 'No provider is registered.' : `Use one of: ${known.join(', ')}.`),
      badBackend: (className: string, backend: string) =>
        `Cannot register the audit provider ${className}: "${backend}" is not a backend name. ` +
        'Use 1 to 63 lower-case letters, digits and hyphens, a letter first.',
    },
  },
  AUDIT_EVENT_NAME_INVALID: {
    kind: 'invalid',
    when: '`record()` or `@Audited` got an invalid event name',
    do: 'use 1 to 128 characters: a lower-case letter, then letters, digits and `_ . : -`',
    message: (name: unknown, problem = NOT_AN_EVENT_NAME) => {
      const cause = typeof name === 'string' ? `"${name.slice(0, 64)}"` : `a value of type ${typeof name}`;
      return `Cannot record an event: ${cause} ${problem}`;
    },
  },
  AUDIT_EVENT_DEFINITION_INVALID: {
    kind: 'invalid',
    when: 'boot: an own event type contradicts the catalogue or the rules',
    do: 'rename it, or record the existing type',
    message: (definition: string, problem: string) => `Cannot define the event type "${definition}": ${problem}`,
  },
  AUDIT_DETAILS_INVALID: {
    kind: 'invalid',
    when: "with `detailsValidation: 'throw'`: the details of an event contradict the catalogue",
    do: 'correct the fields in the message',
    message: (eventType: string, issues: readonly AuditDetailsIssue[]) => {
      const cause = issues.map(({ path, message }) => `${path === '' ? 'the details' : path} ${message}`);
      return {
        issues,
        message: `Cannot record the event ${eventType}: ${cause.join('; ')}. Correct the details, or set detailsValidation to 'mark' to keep them.`,
      };
    },
  },
  AUDIT_INPUT_INVALID: {
    kind: 'invalid',
    when: "with `detailsValidation: 'throw'`: the input has a value that fits no field of an event, such as an unknown outcome; a positional argument of `EventLogger`, `ActionLogger` or `AuditTrail` has the wrong type",
    do: 'correct the fields in the message, or pass them in `details` or `metadata`; pass one object instead of positional arguments',
    message: {
      unfit: (eventType: string, fields: readonly string[]) => {
        const cause = fields.slice(0, MAX_LISTED_NAMES).map((name) => formatNameProblem(name.slice(0, MAX_NAME)));
        return {
          fields,
          message:
            `Cannot record the event ${eventType}: ${cause.join('; ')}. ` +
            "Correct the input, move unknown fields to details or metadata, or set detailsValidation to 'mark' to keep them.",
        };
      },
      ofArguments: (doing: string, problems: readonly string[], order: readonly string[]) =>
        `Cannot ${doing}: ${problems.join('; ')}. Pass one object with these fields, or the arguments in this order: ${order.join(', ')}.`,
    },
  },
  AUDIT_TRANSACTION_MISSING: {
    kind: 'missing',
    when: "`record()` with `transaction` or `delivery: 'transactional'`, or `AuditContext.transaction()`, outside of an open transaction",
    do: 'call it inside the transaction, and await it there; see [transactions](../guides/transactions.md)',
    message: {
      notActive: (eventType: string) =>
        `Cannot record the event ${eventType} in a transaction: the given object is not in a transaction, or its transaction has ended. ` +
        'Pass what the callback of the transaction gets, and await record() in that callback.',
      notInScope: (eventType: string) =>
        `Cannot record the event ${eventType} in a transaction: the code does not run in one. ` +
        "Call record() inside dataSource.transaction() or an @AuditedTransaction() method, pass { transaction }, or remove delivery 'transactional'.",
      noneInScope: () =>
        'Cannot return the transaction: the code does not run in one. ' +
        'Call AuditContext.transaction() inside dataSource.transaction() or an @AuditedTransaction() method.',
      notBegun: () =>
        'Cannot run the method: the function of the option transactions passes no open transaction. ' +
        'Pass what the callback of the transaction gets: transactions: (work) => db.transaction(work).',
    },
  },
  AUDIT_TRANSACTION_UNKNOWN: {
    kind: 'invalid',
    when: '`record()`: the given `transaction` belongs to no client that this library knows',
    do: 'pass what the message lists; see [transactions](../guides/transactions.md)',
    /** @param known what to pass, for each known client */
    message: (eventType: string, input: unknown, known: readonly string[]) => {
      const name: unknown = readSafely(() => (input as object).constructor.name);
      return (
        `Cannot record the event ${eventType} in a transaction: the given transaction is ` +
        `${typeof name === 'string' ? `a ${name}` : 'unreadable'}, which belongs to no client that this library knows. ` +
        `Pass one of these: ${known.join('; ')}.`
      );
    },
  },
  AUDIT_TRANSACTION_UNTRACKED: {
    kind: 'refused',
    when: '`record()`: a required provider, such as a ledger in another database, cannot write in the given `transaction`, and this library does not see its COMMIT, so nothing would store the event later',
    do: 'record the event after the COMMIT, or in a method with `@AuditedTransaction`; see [transactions](../guides/transactions.md)',
    message: (eventType: string, backend: string) =>
      `Cannot record the event ${eventType} in the given transaction: ${backend} cannot write in it, and this library does not see its COMMIT. ` +
      'Record the event after the COMMIT without a transaction, or in a method with @AuditedTransaction.',
  },
  AUDIT_TRANSACTION_ROLLED_BACK: {
    kind: 'refused',
    when: '`@AuditedTransaction`, `AuditContext.inTransaction()`: PostgreSQL rolled the transaction back at its COMMIT, because your code caught the error of a statement',
    do: 'let the error pass, or run that statement in a savepoint; see [transactions](../guides/transactions.md)',
    message: {
      byServer: () =>
        'Cannot commit the transaction: PostgreSQL rolled it back, since a statement in it had failed and the error was caught. ' +
        'Rethrow the error, or run that statement in a savepoint: manager.transaction() within the transaction.',
      byClient: (error: unknown) =>
        `Cannot commit the transaction: it no longer accepts statements (${getErrorMessage(error)}). ` +
        'If a statement in it failed, rethrow its error, or run that statement in a savepoint. Send no COMMIT and no ROLLBACK.',
      byText: () =>
        'Cannot commit the transaction: the code sent a ROLLBACK or a COMMIT in it, so each later statement ran outside of any transaction. ' +
        'To roll back, let the method reject, or send ROLLBACK TO SAVEPOINT.',
    },
  },
  AUDIT_DATA_SOURCE_UNKNOWN: {
    kind: 'missing',
    when: 'the application has an `@AuditedTransaction` method, but no data source and no option `transactions`, or several data sources and none is named',
    do: 'import `TypeOrmModule.forRoot()`, set the option `transactions` of `AuditModule`, or set its option `dataSource`',
    message: (method: string, requested: string | undefined, known: readonly string[]) => {
      const cause = known.length === 0 ? 'has no TypeORM DataSource' : `has the data sources ${known.join(', ')}`;
      const unnamed =
        known.length === 0 ? 'AuditModule has no option transactions' : 'the option dataSource names no data source';
      const problem = requested === undefined ? unnamed : `no data source has the name ${requested}`;
      return (
        `Cannot begin the transaction of ${method}: the application ${cause}, and ${problem}. ` +
        'Import TypeOrmModule.forRoot(), or give AuditModule the transactions of your client: transactions: (work) => db.transaction(work). ' +
        'With several data sources, name one with @AuditedTransaction({ dataSource }).'
      );
    },
  },
  AUDIT_SPILL_FULL: {
    kind: 'unavailable',
    when: 'an event reached neither its provider nor the spill, because the spill is full',
    do: "repair the provider whose events wait there, or raise the spill's limit",
    message: (path: string, bytes: number, maxBytes: number) =>
      `Cannot store more events in the spill ${path}: it has ${bytes} of at most ${maxBytes} bytes. ` +
      'Repair the provider whose events wait in the spill, or raise maxSpillBytes.',
  },
  AUDIT_REQUEST_INVALID: {
    kind: 'invalid',
    when: 'command `spill`: a missing folder, unknown ids, neither ids nor `--all`, no reason, or a running instance',
    do: 'follow the message; nothing was changed',
    message: {
      noFolder: (path: string) =>
        `Cannot read the spill ${path}: the folder is missing. Name the application's spill folder.`,
      unknownIds: (path: string, ids: readonly string[]) =>
        `Cannot find these dead letters in the spill ${path}: ${ids.join(', ')}. ` +
        'Nothing was changed. Use the ids in the output of `spill list`.',
      nothingNamed: () => 'Cannot choose the dead letters: name either their ids or --all.',
      ownFolder: (path: string) =>
        `Cannot adopt the spill ${path}: it is the application's own folder. Name the folder of a dead instance.`,
      alive: (path: string, { host, pid }: { readonly host: string; readonly pid: number }) =>
        `Cannot adopt the spill ${path}: process ${pid} on ${host} used it in the last 30 seconds, and may be alive. Nothing was ` +
        'moved. Stop that instance, or, if it is dead, try again half a minute later.',
      noKey: (path: string, why: string) =>
        `Cannot check the lines of the spill ${path}: ${why}. Set AUDIT_WRITER_KEY to the writerKey of the application.`,
      foreignKey: (path: string) =>
        `Cannot adopt the spill ${path}: its lines are signed with another key. Nothing was moved. Add the key of the dead ` +
        'instance to AUDIT_WRITER_KEY, after a comma, for this command and for the application.',
      noReason: () => 'Cannot drop dead letters: the reason is missing. State it with --reason. It is recorded.',
    },
  },
  AUDIT_POOL_UNATTRIBUTED: {
    kind: 'invalid',
    when: "warning of the process: `query()` of pg's own pool was called with the audited Client; pg does not pass its caller on",
    do: 'make the pool with the `Pool` of `auditedPg()`',
    message: () =>
      'Cannot attribute a statement of pool.query() to a request: pg sends the statement in the context of another request. ' +
      'Row changes of this pool are unattributed. Make the pool with the Pool of auditedPg().',
  },
});

function formatNameProblem(name: string): string {
  if (name === 'outcome') return `outcome is not one of ${OUTCOMES.join(', ')}`;
  if (name === 'severity') return `severity is not one of ${SEVERITIES.join(', ')}`;
  if (name === 'input') return 'the input has no named fields';
  return `${JSON.stringify(name)} is not a field of an event, or its value does not fit`;
}
