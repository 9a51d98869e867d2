import type { CommandEntry, Commands } from './define-command.js';

export const FIRST_COMMANDS = ['migrate', 'query', 'verify', 'doctor'] as const;

function entry(summary: string, load: CommandEntry['load']): CommandEntry {
  return { summary, load };
}

/** All commands, in the order of the help. A command's file is loaded only when the command runs. */
export const COMMANDS: Commands = new Map(
  Object.entries({
    migrate: entry(
      'set up the ledger’s tables in a database, or bring them up to date',
      () => import('./commands/migrate.command.js'),
    ),
    coverage: entry(
      'list the routes that change state and are not audited',
      () => import('./commands/coverage.command.js'),
    ),
    doctor: entry(
      'check a production set-up: key, spill, database, rights, backups',
      () => import('./doctor/doctor.command.js'),
    ),
    capture: entry(
      'write the triggers that capture row changes, and check them and the rows',
      () => import('../extensions/row-changes/commands/capture.command.js'),
    ),
    'capture revert': entry(
      'undo a captured change of a row',
      () => import('../extensions/row-changes/commands/capture-revert.command.js'),
    ),
    'capture context-key': entry(
      'store, list or remove the keys that sign the actors of row changes',
      () => import('../extensions/row-changes/commands/capture-context-key.command.js'),
    ),
    spill: entry(
      'show, replay or drop events that audit providers could not store',
      () => import('./commands/spill.command.js'),
    ),
    seal: entry(
      'seal the stored events, and end: for jobs without a leader; or show what cannot be sealed',
      () => import('./commands/seal.command.js'),
    ),
    worker: entry(
      'start the application without HTTP, to seal, retire, erase and send: beside instances with the role web',
      () => import('./commands/worker.command.js'),
    ),
    verify: entry(
      'find altered, inserted, removed or reordered events, also in exports and archives',
      () => import('./verify/verify.command.js'),
    ),
    query: entry('search for events, also in archives', () => import('./commands/query.command.js')),
    export: entry('export events to a file, with a signed manifest', () => import('./commands/export.command.js')),
    retention: entry(
      'retire events that are older than the retention policy allows, or show them',
      () => import('./commands/retention.command.js'),
    ),
    hold: entry('place, list and release legal holds', () => import('./commands/hold.command.js')),
    erase: entry(
      'erase a person from the ledger, its archives and the providers',
      () => import('./commands/erase.command.js'),
    ),
    'subject-report': entry('print all events about a person', () => import('./commands/subject-report.command.js')),
    checkpoint: entry(
      'print the newest signed checkpoint, to store outside the database',
      () => import('./commands/checkpoint.command.js'),
    ),
    keygen: entry('make a key that signs checkpoints', () => import('./commands/keygen.command.js')),
    consumers: entry(
      'show and change what reads the log in order, and retry or drop refused events',
      () => import('./commands/consumers.command.js'),
    ),
    adopt: entry(
      'continue after a restore to an earlier state of the database',
      () => import('./commands/adopt.command.js'),
    ),
  }),
);
