import type { Commands, Command } from './command.js';

/** In the order of the help. */
export const COMMANDS: Commands = new Map<string, Command>([
  [
    'migrate',
    {
      summary: 'set up the ledger’s tables in a database, or bring them up to date',
      run: async (args) => (await import('./migrate.command.js')).runMigrate(args),
    },
  ],
  [
    'coverage',
    {
      summary: 'list the routes that change state and are not audited',
      run: async (args) => (await import('./coverage.command.js')).runCoverage(args),
    },
  ],
  [
    'doctor',
    {
      summary: 'check what a production set-up needs: key, spill, database, rights, backups',
      run: async (args) => (await import('./doctor.command.js')).runDoctor(args, process.env),
    },
  ],
  [
    'capture',
    {
      summary: 'write the triggers that capture row changes, check them against the database, and revert a change',
      run: async (args) =>
        args[0] === 'revert'
          ? (await import('./capture-revert.command.js')).runCaptureRevert(args.slice(1))
          : (await import('./capture.command.js')).runCapture(args),
    },
  ],
  [
    'spill',
    {
      summary: 'show the events that audit providers could not store; replay or drop those that they refuse',
      run: async (args) => (await import('./spill.command.js')).runSpill(args),
    },
  ],
  [
    'verify',
    {
      summary: 'find what was altered, inserted, removed or reordered in the ledger',
      run: async (args) => (await import('./verify.command.js')).runVerify(args, process.env),
    },
  ],
  [
    'verify-proof',
    {
      summary: 'check the proof of one event, offline',
      run: async (args) => (await import('./verify-proof.command.js')).runVerifyProof(args),
    },
  ],
  [
    'query',
    {
      summary: 'print events by the filters of GET /audit/events, also from archives',
      run: async (args) => (await import('./query.command.js')).runQuery(args, process.env),
    },
  ],
  [
    'tail',
    {
      summary: 'print the newest events, and follow the ledger live',
      run: async (args) => (await import('./tail.command.js')).runTail(args, process.env),
    },
  ],
  [
    'export',
    {
      summary: 'write the events to a file, with a signed manifest',
      run: async (args) => (await import('./export.command.js')).runExport(args, process.env),
    },
  ],
  [
    'verify-export',
    {
      summary: 'check such a file, offline',
      run: async (args) => (await import('./verify-export.command.js')).runVerifyExport(args),
    },
  ],
  [
    'retention',
    {
      summary: 'retire the events that are older than the policy allows, or show them',
      run: async (args) => (await import('./retention.command.js')).runRetentionCommand(args, process.env),
    },
  ],
  [
    'verify-archive',
    {
      summary: 'check an archive of retired events, offline',
      run: async (args) => (await import('./verify-archive.command.js')).runVerifyArchive(args),
    },
  ],
  [
    'hold',
    {
      summary: 'place, list and release legal holds',
      run: async (args) => (await import('./hold.command.js')).runHold(args, process.env),
    },
  ],
  [
    'erase',
    {
      summary: 'erase a person from the ledger, its archives and the providers, or count the events',
      run: async (args) => (await import('./erase.command.js')).runErase(args),
    },
  ],
  [
    'subject-report',
    {
      summary: 'print everything that the ledger holds about a person',
      run: async (args) => (await import('./subject-report.command.js')).runSubjectReport(args, process.env),
    },
  ],
  [
    'checkpoint',
    {
      summary: 'print the newest signed checkpoint, for you to keep elsewhere',
      run: async (args) => (await import('./checkpoint.command.js')).runCheckpoint(args),
    },
  ],
  [
    'keygen',
    {
      summary: 'make a key that signs checkpoints',
      run: async (args) => (await import('./keygen.command.js')).runKeygen(args),
    },
  ],
  [
    'context-key',
    {
      summary: "store the key that the application signs row changes' context with, or list and remove such keys",
      run: async (args) => (await import('./context-key.command.js')).runContextKey(args),
    },
  ],
  [
    'streams',
    {
      summary: 'show, pause and resume the streams to other systems, and see to the events that these refused',
      run: async (args) => (await import('./streams.command.js')).runStreams(args, process.env),
    },
  ],
  [
    'completion',
    {
      summary: 'print a script that completes commands and options in bash, zsh or fish',
      run: async (args) => (await import('./completion.command.js')).runCompletion(args, COMMANDS),
    },
  ],
  [
    'adopt',
    {
      summary: 'let the ledger continue from an earlier state that its database was restored to',
      run: async (args) => (await import('./adopt.command.js')).runAdopt(args, process.env),
    },
  ],
]);
