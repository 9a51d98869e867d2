import { declareErrors } from '../../base/errors/declare-errors.js';

export const MAKE_TABLES =
  'Run: npx nestjs-audit-ledger migrate dist/app.module.js, with the built file of your root module. If the tables exist, give ' +
  'their schema in the option schema or with --schema';

/** The errors of a verification, and of the acts and archives that it reads. */
export const verifyErrors = declareErrors({
  AUDIT_REQUEST_INVALID: {
    kind: 'invalid',
    when: 'verifying: the key, the ledger or the downloaded log is missing, or the stored progress belongs to another log',
    do: 'follow the message; nothing was changed',
    message: {
      noKey: () =>
        'Cannot verify: no verifier key is given, and no database is read that names one. Use --key to give the verifier key that ' +
        'nestjs-audit-ledger keygen --show <key file> prints.',
      unknownKey: (input: readonly string[], cause: readonly string[]) =>
        `Cannot verify the ledger: no checkpoint is signed with the given key ${input.join(', ')}, and no act of key change connects ` +
        `this key with the signer of the checkpoints, ${cause.join(', ')}. Give the verifier key of this ledger. If you gave that key, ` +
        'somebody signed all checkpoints again: use --checkpoint to give a checkpoint that was stored outside the database.',
      severalLogs: (one: string, other: string) =>
        `Cannot verify the ledger: the keys belong to several logs, ${one} and ${other}. Give the keys of one log.`,
      noCheckpointForSize: (size: number, cause: readonly number[]) =>
        `Cannot verify the export with --checkpoint: the export ends at a tree of ${size} events, and the given checkpoints have the sizes ` +
        `${cause.join(', ')}. Give the checkpoint of that size, or omit the option.`,
      notResumed: (path: string, cause: string) =>
        `Cannot resume from ${path}: ${cause}. Delete the file to verify from the beginning, or give the file of this ledger.`,
      noArchive: (folder: string) =>
        `Cannot verify with the archives in ${folder}: neither the folder nor its subfolders contain a manifest. Give an archive, or the ` +
        'folder of archives (AUDIT_ARCHIVE_DIR).',
      noLog: (folder: string, cause: string) =>
        `Cannot verify the files in ${folder}: ${cause}. Download the log as it is served: checkpoint, tile/… and tile/entries/….`,
      noEvent: (path: string, cause: string) =>
        `Cannot verify the event in ${path}: ${cause}. Give its entry from tile/entries, or a JSON object with the same value.`,
      notWitnessed: (cause: string) =>
        `Cannot verify cosignatures: ${cause}. Give each witness's verifier key with --witness, and a --quorum of at most the number of witnesses.`,
      noTables: () =>
        `Cannot verify the ledger: the database has no table audit_checkpoint that this role can read. ${MAKE_TABLES}, and use a role that may read them.`,
    },
  },
  AUDIT_ACT_INVALID: {
    kind: 'inconsistent',
    when: 'verifying: a note is not a signed act of this log',
    do: 'run `verify` with the keys of the log: the ledger did not do what an unsigned act states',
    message: (seen: string, cause?: unknown) => ({
      message: `Cannot accept the act: ${seen}. Verify the ledger with the keys of its log: an act that none of them signed is not the ledger's.`,
      cause,
    }),
  },
  AUDIT_ARCHIVE_MISSING: {
    kind: 'missing',
    status: 503,
    publicMessage:
      'Cannot search archives: one archive is missing, or cannot be read. The log of the application names it.',
    when: 'an archive, or one of its files, is missing',
    do: 'restore it under the name in the announcement of its retirement',
    message: (path: string) =>
      `Cannot read ${path}: the archives have no such file. Check the name of the archive, restore the archive from a copy, ` +
      'or correct AUDIT_ARCHIVE_DIR (the option archiveDir).',
  },
  AUDIT_ARCHIVE_INVALID: {
    kind: 'inconsistent',
    status: 503,
    publicMessage:
      'Cannot search archives: one archive was changed. The log of the application names it. Check it with nestjs-audit-ledger verify.',
    when: 'an archive of retired events was changed, or no key of the ledger signed it',
    do: 'run `nestjs-audit-ledger verify`; restore an intact copy',
    message: (archive: string, seen: string, cause?: unknown) => ({
      message: `Cannot use the archive ${archive}: ${seen}. Run nestjs-audit-ledger verify to see all problems, and restore a sound copy.`,
      cause,
    }),
  },
});
