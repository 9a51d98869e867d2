import { declareErrors } from '../../base/errors/declare-errors.js';
import { getErrorMessage } from '../../base/errors/error-facts.js';

const MEMORY_ADVICE =
  'the option checkpointMemory of MonitoringModule (AUDIT_CHECKPOINT_MEMORY) to a file that the application can write, or to a store';

const SAME_WRITER_ADVICE =
  'Set writerKey (AUDIT_WRITER_KEY) and origin (AUDIT_LEDGER_ORIGIN) as in the other instances.';

/** The errors of storing, sealing, signing and publishing. */
export const ledgerErrors = declareErrors({
  AUDIT_LEDGER_UNAVAILABLE: {
    kind: 'unavailable',
    status: 503,
    publicMessage: 'Cannot read the ledger now. Try again later.',
    when: 'the ledger cannot be written or read now; HTTP 503 for reads',
    do: 'follow the message; [operating](../guides/operate.md) lists the cases',
    // The error has no `cause`, because the error of the PostgreSQL client contains values of rows, and a logger would print them.
    message: (cause: string, next: string, fault: 'store' | 'unknown' = 'store') => ({
      fault,
      message: `Cannot use the ledger: ${cause}. ${next}.`,
    }),
  },
  AUDIT_LEDGER_ADDRESS_INVALID: {
    kind: 'invalid',
    when: "command, `migrateLedger()`: the ledger's address is not a PostgreSQL address, or the schema's name is invalid",
    do: 'correct `--database-url`, `AUDIT_SEQUENCER_URL`, `AUDIT_DATABASE_URL` or `DATABASE_URL`, or `--schema`',
    message: {
      noAddress: (source: string) =>
        `Cannot find the ledger: ${source} is not a PostgreSQL address. ` +
        'Give an address such as postgresql://user:password@host:5432/database, with special characters percent-encoded (%40 for @).',
      noSchema: () =>
        'Cannot find the ledger: --schema is not the name of a schema. Give a name of at most 63 bytes that is not $user and does not begin with pg_.',
    },
  },
  AUDIT_PARTITIONS_MISSING: {
    kind: 'missing',
    when: 'health: a partition of this month or of the next two is missing',
    do: 'read in the log why it cannot be created',
    message: (monthsReady: number) =>
      `Cannot rely on the ledger's partitions: from this month on, only ${monthsReady} consecutive month(s) have a partition. The ledger ` +
      'creates partitions daily, and when an event needs one. Read in the log why this fails, and grant the ledger EXECUTE on ' +
      'audit_event_make_partition().',
  },
  AUDIT_SEALING_LATE: {
    kind: 'unavailable',
    when: 'health: a stored event waits longer than a minute to be sealed, or, with the role `web`, nobody seals; `AuditQuery.settled()`, `seal`: it is not sealed in the given time',
    do: 'check that an instance leads, and read its log; beside instances with the role `web`, run `nestjs-audit-ledger worker`',
    message: {
      inHealth: (waitingSeconds: number, isWeb = false) => {
        const waited = `a stored event has waited for ${Math.round(waitingSeconds)} s to be sealed`;
        return isWeb
          ? `Cannot seal the ledger: nobody seals, and ${waited}. This process has the role web, which does not seal. Start ` +
              'nestjs-audit-ledger worker with the same application, or read the log of the worker.'
          : `Cannot seal the ledger in time: ${waited}. Check that ` +
              'one instance leads (its /health shows "sequencer": "leading"), and read the log of that instance.';
      },
      afterWait: (limitMs: number) =>
        `Cannot wait longer for the ledger: what was stored is not sealed after ${limitMs} ms. Check that one instance leads (its /health ` +
        'shows "sequencer": "leading"), and read the log of that instance.',
    },
  },
  AUDIT_CHECK_THREAD_FAILED: {
    kind: 'unavailable',
    when: 'boot: the file of the thread that checks what is sealed is missing, for example in a bundle; health, log: the thread ended. Events are stored, and wait',
    do: 'leave the package `nestjs-audit-ledger` out of the bundle, or seal in [another process](../guides/deploy.md#a-web-and-a-worker)',
    message: {
      noFile: () => ({
        message:
          'Cannot seal in this process: the file check-thread.js of the package nestjs-audit-ledger is missing. Leave the package out of ' +
          'your bundle, or set the role web (AUDIT_ROLE) here, and run nestjs-audit-ledger worker beside it.',
      }),
      ended: (why: unknown) => ({
        message:
          `Cannot seal now: the thread that checks events ended (${typeof why === 'number' ? `exit code ${why}` : getErrorMessage(why)}). ` +
          'The leader starts another one. If this repeats, give the process more memory, or report it.',
        cause: why,
      }),
    },
  },
  AUDIT_LINES_PARKED: {
    kind: 'inconsistent',
    when: 'health, `verify`: lines of the inbox cannot be sealed: nobody of the library wrote them, or PostgreSQL refuses their values',
    do: 'see [parked lines](../guides/operate.md#parked-lines): correct the cause and retry, or find out who forged them and discard',
    message: (lines: number) =>
      `Cannot seal ${lines} line(s) of the inbox: they are parked. Run nestjs-audit-ledger seal parked to read the reasons. If somebody forged ` +
      'the lines, find out who uses the login of the application, and discard them (seal parked discard). Otherwise, correct the cause, and ' +
      'move the lines back (seal parked retry).',
  },
  AUDIT_WRITER_UNKNOWN: {
    kind: 'refused',
    when: 'an instance starts, or a command records an event, with another `writerKey` or `origin` than the instances of this ledger; nothing was done',
    do: 'set `writerKey` (`AUDIT_WRITER_KEY`) and `origin` (`AUDIT_LEDGER_ORIGIN`) as in the other instances; see [the key of the writers](../guides/operate.md#change-the-key-of-the-writers)',
    message: {
      ofEvent: () => ({
        fault: 'store' as const,
        message: `Cannot record the event: the ledger does not accept the writerKey of this process. ${SAME_WRITER_ADVICE}`,
      }),
      ofProcess: () =>
        `Cannot record or seal: the ledger does not accept the writerKey of this process. ${SAME_WRITER_ADVICE} To change the key, set ` +
        `<new>,<old>. If the key is lost, run as the owner of the ledger: UPDATE audit_head SET writer_keys = '{}'`,
    },
  },
  AUDIT_READ_REPLICA_UNUSABLE: {
    kind: 'unavailable',
    when: 'health, log: the replica of `readUrl` does not answer, follows another server, or is more than a minute behind',
    do: 'repair it, or remove `readUrl` and restart; see [deploying](../guides/deploy.md#read-from-a-replica)',
    message: {
      away: (cause: string) =>
        `Cannot rely on the replica of readUrl: ${cause}. Repair that server, or remove readUrl and restart: queries then use the primary.`,
      late: (lagSeconds: number) =>
        `Cannot show the newest events: the replica of readUrl is ${Math.round(lagSeconds)} s behind. Check pg_stat_replication on the ` +
        'primary. On the replica, end long queries: they delay the replay.',
    },
  },
  AUDIT_LOCK_HELD: {
    kind: 'unavailable',
    when: 'health, log: for longer than a minute, a session outside the application holds a lock',
    do: 'find out what that session does, and end it',
    message: {
      ofArchives: (holder: string) =>
        `Cannot acquire the lock of the archives within a minute: ${holder} holds it. If that session is an erasure or a retention of the ` +
        'application, wait until it ends. If not, end the session: "SELECT pg_terminate_backend(<pid>)".',
      by: (cause: string) =>
        `Cannot acquire a lock of the ledger within a minute: a session that is not an instance of the application holds it. ${cause} ` +
        'Find out what that session does, and end it: "SELECT pg_terminate_backend(<pid>)".',
    },
  },
  AUDIT_LEDGER_INCONSISTENT: {
    kind: 'inconsistent',
    when: 'health, log, event: the database contradicts the last checkpoint, so nothing more is sealed',
    do: 'run `nestjs-audit-ledger verify`; after a restore from a backup, `nestjs-audit-ledger adopt`',
    message: (seen: string, cause?: unknown) => ({
      message:
        `Cannot continue sealing the ledger: ${seen}. Events are stored, but not sealed. Run nestjs-audit-ledger verify to find ` +
        'tampering. After a restore from a backup, run nestjs-audit-ledger adopt.',
      cause,
    }),
  },
  AUDIT_NOTHING_TO_ADOPT: {
    kind: 'refused',
    when: 'command `adopt`: the database extends the signed and published checkpoints, or an adoption already covers the difference',
    do: 'nothing',
    message: (size: number) =>
      `Cannot adopt the database's ledger: its size is ${size}, and it continues every signed and published checkpoint that no ` +
      'earlier adoption gave up. You need no adoption. If verify reports a checkpoint that you stored elsewhere, give it with ' +
      '--checkpoint.',
  },
  AUDIT_SIGNING_KEY_MISSING: {
    kind: 'missing',
    when: 'boot in production, or a command that signs or checks: the key file is missing',
    do: 'for a new ledger, make one by `nestjs-audit-ledger keygen`; name it in the option `signingKeyFile`, for a command in `AUDIT_SIGNING_KEY_FILE`',
    message: {
      ofApplication: (path: string) =>
        `Cannot sign the ledger's checkpoints: the key file ${path} is missing. Make one with nestjs-audit-ledger keygen, ` +
        'give it to every instance, keep a copy elsewhere, and set the option signingKeyFile of MonitoringModule to its path, or signingKey to its text. A key service signs by the option signer. With signingKey or signer, set checkpointMemory, too.',
      forCommand: (path: string) =>
        `Cannot sign or check with the ledger's key: the key file ${path} is missing. Set AUDIT_SIGNING_KEY_FILE to the ` +
        "application's key file. A command with the option --key can check with the verifier key instead. Only the application can sign by its option signer.",
    },
  },
  AUDIT_SIGNING_KEY_INVALID: {
    kind: 'invalid',
    when: 'boot: the key file cannot be read, holds no signing key or several, or keys of another ledger',
    do: 'restore it, or correct `AUDIT_SIGNING_KEY_FILE` and `AUDIT_LEDGER_ORIGIN`',
    message: (path: string, seen: string, cause?: unknown) => ({
      message:
        `Cannot sign the ledger's checkpoints with the key in ${path}: ${seen}. ` +
        'Restore it, or correct the options signingKeyFile, signingKey and origin of MonitoringModule; for a command, AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN.',
      cause,
    }),
  },
  AUDIT_ROLE_CANNOT_SIGN: {
    kind: 'refused',
    status: 501,
    when: 'HTTP 501: a process with the role `web` should sign something or change the ledger, or check a signature without verifier keys; boot: a key of the role `web` can sign',
    do: 'run a command instead (`nestjs-audit-ledger hold`, `erase`, `export`, `consumers`), or use an instance with the role `worker` or `both`; see [a web and a worker](../guides/deploy.md#a-web-and-a-worker)',
    message: {
      ofWeb: () =>
        "Cannot sign or change the ledger here: this process has the role web, so it has neither a signing key nor the sequencer's login. " +
        'Run a command (nestjs-audit-ledger hold, erase, export, consumers), or use an instance with the role worker or both.',
      withoutKeys: () =>
        'Cannot show or check signatures here: this process has the role web, and no verifier keys. Give the option signingKeyFile or ' +
        'signingKey the lines that nestjs-audit-ledger keygen --show prints, or use an instance with the role worker or both.',
      withKey: (place: string) =>
        `Cannot start with the role web: ${place} contains a signing key (PRIVATE+KEY+…). Give this process only the verifier keys, which ` +
        'nestjs-audit-ledger keygen --show prints.',
    },
  },
  AUDIT_SIGNING_FAILED: {
    kind: 'unavailable',
    status: 503,
    publicMessage: 'Cannot sign with the key of the ledger now. Try again later.',
    when: 'the option `signer` did not sign within 5 s, or its answer is not the signature of its public key; `/health`, 503',
    do: "check the key service, and the application's rights there; nothing is lost, and the leader retries",
    message: (key: string, seen: string, cause: unknown) => ({
      message:
        `Cannot sign with the key ${key} of the option signer: ${seen.replace(/\.$/, '')}. Check that the key service answers, that the application ` +
        'may sign there, and that publicKey belongs to the key that signs.',
      cause,
    }),
  },
  AUDIT_CHECKPOINT_MEMORY_UNUSABLE: {
    kind: 'unavailable',
    when: 'boot in production, health, log, `doctor`: the last signed checkpoint cannot be stored or read outside the database',
    do: 'set the option `checkpointMemory` to a place that the application can write',
    message: (does: 'read' | 'write', path: string, cause: unknown) => ({
      message:
        `Cannot ${does} the ledger's last signed checkpoint outside the database, in ${path}: ${getErrorMessage(cause)}. Without it, ` +
        `the application does not notice an older copy of the database. Set ${MEMORY_ADVICE}. All instances must use the same one.`,
      cause,
    }),
  },
  AUDIT_CHECKPOINT_MEMORY_LOST: {
    kind: 'missing',
    when: 'health, log, `doctor`: the ledger has signed checkpoints, but the place of the last one is empty; the ledger still seals',
    do: 'restore the place, or run `nestjs-audit-ledger adopt`; see [operating](../guides/operate.md#where-is-the-last-signed-checkpoint)',
    message: (path: string, size: number) =>
      `Cannot check that the database is the newest one: the ledger has a checkpoint of size ${size}, but ${path} has none. ` +
      'Restore it and restart the application. If it is lost, check the ledger with nestjs-audit-ledger verify --checkpoint, and run ' +
      `nestjs-audit-ledger adopt. If each instance has its own file, set ${MEMORY_ADVICE} that all instances share.`,
  },
  AUDIT_CHECKPOINT_UNPUBLISHED: {
    kind: 'unavailable',
    when: 'log, health: the file or the webhook did not accept a checkpoint, or a witness did not cosign it',
    do: 'follow the message; the library retries',
    message: {
      destination: (
        destination: string,
        seen: string,
        { current, cause }: { readonly current?: readonly string[]; readonly cause?: unknown } = {},
      ) => ({
        message:
          `Cannot publish the ledger's checkpoint to the ${destination}: ${seen}. The ledger retries. If the failure persists, repair ` +
          `the destination${current ? `: until then, ${formatKeyHolders(current)}` : ''}.`,
        cause,
      }),
      witness: (witness: string, seen: string, next: string, cause?: unknown) => ({
        message: `Cannot get the ledger's checkpoint cosigned by ${witness}: ${seen}. ${next}.`,
        cause,
      }),
    },
  },
  AUDIT_INTEGRITY_VIOLATION: {
    kind: 'inconsistent',
    when: 'health, log, event: the self-check found tampering',
    do: 'run `nestjs-audit-ledger verify`; do not change the database; see [verifying](../guides/verify.md)',
    message: (findings: number, first: string) =>
      `Cannot confirm the ledger's integrity: the self-check has ${findings} finding(s), the first: ${first}. ` +
      'Do not change the database. Run nestjs-audit-ledger verify, with a checkpoint from outside the database, to find all damage.',
  },
  AUDIT_SELF_CHECK_FAILING: {
    kind: 'unavailable',
    when: 'health: the self-check failed at least twice in a row',
    do: '`nestjs-audit-ledger verify` names the cause',
    message: (times: number, cause: Error) => ({
      message:
        `Cannot confirm the ledger's integrity: its self-check failed ${times} times in a row. ${cause.message} ` +
        'Run nestjs-audit-ledger verify to find the cause.',
      cause,
    }),
  },
  AUDIT_LOG_DAMAGED: {
    kind: 'inconsistent',
    status: 500,
    when: 'HTTP 500: the database lacks a tile that a proof needs, or a stored event does not match its leaf; neither is served',
    do: '`nestjs-audit-ledger verify` names the change',
    message: {
      tile: (path: string) =>
        `Cannot read ${path}: the table audit_tile lacks the tile or some of its hashes. Run nestjs-audit-ledger verify to find ` +
        'the change. You can compute tiles again from the leaves.',
      entry: (index: number) =>
        `Cannot show the entries: the stored event with index ${index} does not match its leaf. Run nestjs-audit-ledger verify to find ` +
        'the change.',
    },
  },
  AUDIT_ENTRIES_MISSING: {
    kind: 'missing',
    status: 404,
    when: 'HTTP 404: events of a bundle of entries were removed',
    do: 'read them from the archive; without one, run `nestjs-audit-ledger verify`',
    message: (count: number, firstIndex: number, archive?: string) =>
      `Cannot show the entries: ${count} of them are missing in the database, the first with index ${firstIndex}. ` +
      (archive === undefined
        ? 'It was not retired: run nestjs-audit-ledger verify to find out what happened.'
        : `It was retired: read it from the archive ${archive}.`),
  },
});

function formatKeyHolders(current: readonly string[]): string {
  return current.length === 0
    ? 'only the database and the file beside the signing key have the newest checkpoints'
    : `the newest checkpoints are published only to the ${current.join(' and the ')}`;
}
