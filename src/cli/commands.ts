import type { CommandEntry, Commands } from './command.js';

/** The commands that a new user needs first. */
export const FIRST_COMMANDS = ['migrate', 'query', 'tail', 'verify', 'doctor'] as const;

/** All commands, in the order of the help. */
export const COMMANDS: Commands = new Map<string, CommandEntry>([
  [
    'migrate',
    {
      summary: 'set up the ledger’s tables in a database, or bring them up to date',
      load: async () => (await import('./migrate.command.js')).command,
    },
  ],
  [
    'coverage',
    {
      summary: 'list the routes that change state and are not audited',
      load: async () => (await import('./coverage.command.js')).command,
    },
  ],
  [
    'doctor',
    {
      summary: 'check what production needs: key, spill, database, rights, backups',
      load: async () => (await import('./doctor.command.js')).command,
    },
  ],
  [
    'capture',
    {
      summary: 'write the triggers that capture row changes, and check them',
      load: async () => (await import('./capture.command.js')).command,
    },
  ],
  [
    'capture reconcile',
    {
      summary: 'find rows that were changed without an event',
      load: async () => (await import('./capture-reconcile.command.js')).command,
    },
  ],
  [
    'capture revert',
    {
      summary: 'undo a captured change of a row',
      load: async () => (await import('./capture-revert.command.js')).command,
    },
  ],
  [
    'capture retry',
    {
      summary: 'store parked row changes again',
      load: async () => (await import('./capture-retry.command.js')).command,
    },
  ],
  [
    'spill',
    {
      summary: 'show, replay or drop events that audit providers could not store',
      load: async () => (await import('./spill.command.js')).command,
    },
  ],
  [
    'verify',
    {
      summary: 'find what was altered, inserted, removed or reordered in the ledger',
      load: async () => (await import('./verify.command.js')).command,
    },
  ],
  [
    'verify-proof',
    {
      summary: 'check the proof of one event, offline',
      load: async () => (await import('./verify-proof.command.js')).command,
    },
  ],
  [
    'query',
    {
      summary: 'print events by the filters of GET /audit/events, also from archives',
      load: async () => (await import('./query.command.js')).command,
    },
  ],
  [
    'tail',
    {
      summary: 'print the newest events, and follow the ledger live',
      load: async () => (await import('./tail.command.js')).command,
    },
  ],
  [
    'export',
    {
      summary: 'write the events to a file, with a signed manifest',
      load: async () => (await import('./export.command.js')).command,
    },
  ],
  [
    'verify-export',
    { summary: 'check such a file, offline', load: async () => (await import('./verify-export.command.js')).command },
  ],
  [
    'watch test',
    {
      summary: 'run a rule over the history, and raise no alert',
      load: async () => (await import('./watch-test.command.js')).command,
    },
  ],
  [
    'watch lint',
    {
      summary: 'check files of rules',
      load: async () => (await import('./watch-lint.command.js')).command,
    },
  ],
  [
    'retention',
    {
      summary: 'retire events that are older than the policy allows, or show them',
      load: async () => (await import('./retention.command.js')).command,
    },
  ],
  [
    'verify-archive',
    {
      summary: 'check an archive of retired events, offline',
      load: async () => (await import('./verify-archive.command.js')).command,
    },
  ],
  [
    'alerts',
    {
      summary: 'show the alerts of rules, answer and suppress them',
      load: async () => (await import('./alerts.command.js')).command,
    },
  ],
  [
    'review',
    {
      summary: 'show the reviews of days, comment on them and sign them off',
      load: async () => (await import('./review.command.js')).command,
    },
  ],
  [
    'hold',
    { summary: 'place, list and release legal holds', load: async () => (await import('./hold.command.js')).command },
  ],
  [
    'erase',
    {
      summary: 'erase a person from the ledger, its archives and the providers',
      load: async () => (await import('./erase.command.js')).command,
    },
  ],
  [
    'subject-report',
    {
      summary: 'print everything that the ledger holds about a person',
      load: async () => (await import('./subject-report.command.js')).command,
    },
  ],
  [
    'report',
    {
      summary: 'answer the clauses of a framework, such as PCI DSS, with evidence of the ledger',
      load: async () => (await import('./report.command.js')).command,
    },
  ],
  [
    'checkpoint',
    {
      summary: 'print the newest signed checkpoint, for you to keep elsewhere',
      load: async () => (await import('./checkpoint.command.js')).command,
    },
  ],
  [
    'keygen',
    { summary: 'make a key that signs checkpoints', load: async () => (await import('./keygen.command.js')).command },
  ],
  [
    'context-key',
    {
      summary: 'store, list or remove the keys that sign who changes rows',
      load: async () => (await import('./context-key.command.js')).command,
    },
  ],
  [
    'streams',
    {
      summary: 'show and change the streams, and retry or drop refused events',
      load: async () => (await import('./streams.command.js')).command,
    },
  ],
  [
    'streams dry-run',
    {
      summary: 'show what a stream would send, and send nothing',
      load: async () => (await import('./streams-dry-run.command.js')).command,
    },
  ],
  [
    'streams reconcile',
    {
      summary: 'prove a receiver’s copy of a stream, or name what is missing',
      load: async () => (await import('./streams-reconcile.command.js')).command,
    },
  ],
  [
    'worker',
    {
      summary: 'store the events in JetStream, for JetStreamModule',
      load: async () => (await import('./worker.command.js')).command,
    },
  ],
  [
    'completion',
    {
      summary: 'print a script that completes commands in bash, zsh or fish',
      load: async () => (await import('./completion.command.js')).completionOf(COMMANDS),
    },
  ],
  [
    'adopt',
    {
      summary: 'continue from an earlier state that the database was restored to',
      load: async () => (await import('./adopt.command.js')).command,
    },
  ],
]);
