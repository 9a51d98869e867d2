import { declareErrors } from '../../base/errors/declare-errors.js';
import { getErrorMessage } from '../../base/errors/error-facts.js';

const MAX_LISTED = 10;

/** The errors of acts, archives, holds, erasures and retention. */
export const lifecycleErrors = declareErrors({
  AUDIT_ACT_LOST: {
    kind: 'inconsistent',
    when: 'the database accepted a signed act but stored nothing, for example because of a foreign trigger; the action was not done',
    do: "`nestjs-audit-ledger verify` names objects that are not the ledger's; remove them, and retry",
    message: (number: number) =>
      `Cannot store act ${number} of the ledger: the database accepted it and stored nothing. A trigger on audit_act may be the cause. ` +
      'Nothing was done. Run nestjs-audit-ledger verify: it names triggers that are not the ledger’s own.',
  },
  AUDIT_ACT_PARKED: {
    kind: 'refused',
    when: '`seal parked discard`: the line has the event of a signed act, which the ledger must keep',
    do: 'correct the cause that `seal parked` shows, and run `seal parked retry`',
    message: (line: number, act: number) =>
      `Cannot discard the line ${line}: it has the event of act ${act} of the ledger, and without the event, verify names the act as forged. ` +
      'Correct the cause that nestjs-audit-ledger seal parked shows, and run nestjs-audit-ledger seal parked retry.',
  },
  AUDIT_ARCHIVE_UNREADABLE: {
    kind: 'unavailable',
    status: 503,
    publicMessage:
      'Cannot search archives: one archive is missing, or cannot be read. The log of the application names it.',
    when: 'an archive cannot be read, for example without the right or the disk',
    do: 'follow the message',
    message: {
      atAll: (archives: string, cause: unknown) => ({
        message: `Cannot read ${archives}: ${getErrorMessage(cause)}. Check that this process may read the folder or the store of the archives.`,
        cause,
      }),
      tooLarge: (archives: string, cause: unknown) => ({
        message:
          `Cannot query ${archives}: DuckDB needs more memory than the limit. Narrow the time range (from, to), or run ` +
          'nestjs-audit-ledger query with a larger --memory-mb.',
        cause,
      }),
      withoutColumns: (archive: string) =>
        `Cannot query the archive ${archive}: it has no columns, because DuckDB was not installed when it was written. ` +
        'Run npm install @duckdb/node-api, and then nestjs-audit-ledger retention index.',
    },
  },
  AUDIT_ACTS_CONTRADICTED: {
    kind: 'inconsistent',
    status: 409,
    when: 'log, health, HTTP 409: tables of holds or erasures contradict the signed acts; nothing is retired or erased by them',
    do: 'run `nestjs-audit-ledger verify`; restore the named rows from a backup, and retry',
    message: (cause: string) =>
      `Cannot rely on the tables of legal holds and erasures: ${cause}. They contradict the ledger's signed acts. ` +
      'No data was removed on the basis of these tables. Run nestjs-audit-ledger verify, restore the named rows from a backup, and try again.',
  },
  AUDIT_CERTIFICATE_INVALID: {
    kind: 'inconsistent',
    when: 'verifying: the acts of the ledger, or its own counts, contradict the certificate of an erasure',
    do: 'download it again, byte for byte',
    message: (cause: string) =>
      `Cannot verify the certificate: ${cause}. Download the certificate again, and do not change it.`,
  },
  AUDIT_ERASURES_UNDONE: {
    kind: 'inconsistent',
    when: 'log, health: the ledger does not reflect some erasures, for example after a restore',
    do: 'run `nestjs-audit-ledger erase --replay`; see [operating](../guides/operate.md#repeat-the-erasures-that-a-restore-undid)',
    message: (ids: readonly string[], file: string) => {
      const named = ids.slice(0, MAX_LISTED).join(', ');
      const more = ids.length > MAX_LISTED ? ` and ${ids.length - MAX_LISTED} more` : '';
      return (
        `Cannot rely on ${ids.length} erasure(s), ${named}${more}: a restore of the database undid them. Repeat them with ` +
        `nestjs-audit-ledger erase --replay ${file}.`
      );
    },
  },
  AUDIT_CERTIFICATE_FILE: {
    kind: 'unavailable',
    when: 'log, health: the file with the certificates of erasures cannot be read or written',
    do: 'follow the message; an erasure waits for the file',
    message: (what: 'read or write' | 'write', file: string, cause: unknown) => ({
      message:
        `Cannot ${what} the certificates of erasures in ${file}: ${getErrorMessage(cause)}. Allow the application to read and append to ` +
        'that file, or set the option erasureFile of MonitoringModule (AUDIT_ERASURE_FILE) to another file.',
      cause,
    }),
  },
  AUDIT_RETENTION_FAILED: {
    kind: 'inconsistent',
    when: 'log, command `retention`: an archive is not sound, or an event to be archived is missing; nothing is removed',
    do: 'run `nestjs-audit-ledger verify`, then retry',
    message: {
      because: (partition: string, seen: string, cause?: unknown) => ({
        message:
          `Cannot retire events of ${partition}: ${seen}. No event is lost. Run nestjs-audit-ledger verify to see whether the ledger was ` +
          'tampered with, and then run the retention again.',
        cause,
      }),
      tooEarly: ({ partition, cutoff }: { readonly partition: string; readonly cutoff: string }, now: string) =>
        `Cannot retire events of ${partition}: the cutoff ${cutoff} is too late for its policy: the clock of the database server shows ${now}. No event is lost. Run nestjs-audit-ledger verify to see whether the ledger was tampered with, and then run the retention again.`,
    },
  },
  AUDIT_OPTIONS_INVALID: {
    kind: 'invalid',
    when: 'the file of the retention rules cannot be read, or has an invalid name or value',
    do: 'correct them',
    message: (file: string, seen: string, cause?: unknown) => ({
      message:
        `Cannot use the retention file ${file}: ${seen}. Write the option retention of the monitoring module as JSON: ` +
        '{ "days": 90, "categories": { "payment": 3650 } }.',
      cause,
    }),
  },
  AUDIT_REQUEST_INVALID: {
    kind: 'invalid',
    status: 400,
    when: 'placing or releasing a legal hold, `erase`, `subject-report`: an invalid reason, person, range or id',
    do: 'follow the message; nothing was changed',
    message: {
      hold: (cause: string, doing: 'place' | 'release' = 'place') => {
        const next =
          doing === 'place'
            ? 'Name the person who places the hold, the reason, and a tenant, an actor, a resource or a time'
            : 'Name the person who releases the hold, and the reason';
        return `Cannot ${doing} the legal hold: ${cause}. ${next}.`;
      },
      erasure: (problems: readonly string[]) =>
        `Cannot erase or report the data of a person: ${problems.join('; ')}. Give the person's id and identifiers that no other person has. ` +
        'An erasure also needs a reason.',
    },
  },
  AUDIT_NOT_FOUND: {
    kind: 'missing',
    status: 404,
    when: 'the legal hold to release is unknown, or is already released',
    do: 'list what there is',
    message: (id: string) =>
      `Cannot release the legal hold ${id}: no hold has that id, or it was released before. List the holds to see their ids.`,
  },
});
