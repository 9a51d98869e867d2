import type { CommandEntry, Commands } from './define-command.js';
import { REPORT_COMMANDS } from '../rooms/report/commands/entries.js';
import { CAPTURE_COMMANDS, CONTEXT_KEY_COMMANDS } from '../rooms/row-changes/commands/entries.js';
import { STREAM_COMMANDS } from '../rooms/streams/commands/entries.js';
import { RULE_COMMANDS, ALERT_COMMANDS } from '../rooms/watch/commands/entries.js';

export const FIRST_COMMANDS = ['migrate', 'query', 'tail', 'verify', 'doctor'] as const;

function entry(summary: string, load: CommandEntry['load']): CommandEntry {
  return { summary, load };
}

/** All commands, in the order of the help. */
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
    ...CAPTURE_COMMANDS,
    spill: entry(
      'show, replay or drop events that audit providers could not store',
      () => import('./commands/spill.command.js'),
    ),
    seal: entry(
      'seal the stored events, and end: for jobs without a leader',
      () => import('./commands/seal.command.js'),
    ),
    parked: entry(
      'show, retry or discard lines of the inbox that cannot be sealed',
      () => import('./commands/parked.command.js'),
    ),
    verify: entry(
      'find altered, inserted, removed or reordered events, also in exports and archives',
      () => import('./verify/verify.command.js'),
    ),
    query: entry('search for events, also in archives', () => import('./commands/query.command.js')),
    tail: entry('print the newest events, and follow the ledger live', () => import('./commands/tail.command.js')),
    export: entry('export events to a file, with a signed manifest', () => import('./commands/export.command.js')),
    ...RULE_COMMANDS,
    retention: entry(
      'retire events that are older than the retention policy allows, or show them',
      () => import('./commands/retention.command.js'),
    ),
    ...ALERT_COMMANDS,
    hold: entry('place, list and release legal holds', () => import('./commands/hold.command.js')),
    erase: entry(
      'erase a person from the ledger, its archives and the providers',
      () => import('./commands/erase.command.js'),
    ),
    'subject-report': entry('print all events about a person', () => import('./commands/subject-report.command.js')),
    ...REPORT_COMMANDS,
    checkpoint: entry(
      'print the newest signed checkpoint, to store outside the database',
      () => import('./commands/checkpoint.command.js'),
    ),
    keygen: entry('make a key that signs checkpoints', () => import('./commands/keygen.command.js')),
    ...CONTEXT_KEY_COMMANDS,
    ...STREAM_COMMANDS,
    completion: entry('print a script that completes commands in bash, zsh or fish', async () => ({
      command: (await import('./commands/completion.command.js')).completionOf(COMMANDS),
    })),
    adopt: entry(
      'continue after a restore to an earlier state of the database',
      () => import('./commands/adopt.command.js'),
    ),
  }),
);
