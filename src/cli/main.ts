#!/usr/bin/env node
import { inspect } from 'node:util';
import { errorMessage } from '../audit/index.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { runCoverage } from './coverage.command.js';
import { PackageMissingError } from '../modules/monitoring/errors/package-missing.error.js';
import { runSpill } from './spill.command.js';

const HELP = `Usage: nestjs-audit-ledger <command>

  migrate          set up the ledger's tables in a database, or bring them up to date
  coverage         list the routes that change state and are not audited
  capture          write the triggers that capture row changes, check them against the database, and revert a change
  spill            show the events that audit providers could not store; replay or drop those that they refuse
  verify           find what was altered, inserted, removed or reordered in the ledger
  verify-proof     check the proof of one event, offline
  query            print events by the filters of GET /audit/events, also from archives
  export           write the events to a file, with a signed manifest
  verify-export    check such a file, offline
  retention        retire the events that are older than the policy allows, or show them
  verify-archive   check an archive of retired events, offline
  hold             place, list and release legal holds
  erase            erase a person from the ledger, its archives and the providers, or count the events
  subject-report   print everything that the ledger holds about a person
  checkpoint       print the newest signed checkpoint, for you to keep elsewhere
  keygen           make a key that signs checkpoints
  context-key      store the key that the application signs row changes' context with, or list and remove such keys
  adopt            let the ledger continue from an earlier state that its database was restored to

nestjs-audit-ledger <command> --help explains a command.
`;

async function run([command, ...args]: readonly string[]): Promise<CommandResult> {
  if (command === 'coverage') return runCoverage(args);
  if (command === 'spill') return runSpill(args);
  // Loaded on demand: they need a client of PostgreSQL.
  if (command === 'migrate') return (await import('./migrate.command.js')).runMigrate(args);
  if (command === 'capture' && args[0] === 'revert')
    return (await import('./capture-revert.command.js')).runCaptureRevert(args.slice(1));
  if (command === 'capture') return (await import('./capture.command.js')).runCapture(args);
  if (command === 'verify') return (await import('./verify.command.js')).runVerify(args, process.env);
  if (command === 'verify-proof') return (await import('./verify-proof.command.js')).runVerifyProof(args);
  if (command === 'verify-archive') return (await import('./verify-archive.command.js')).runVerifyArchive(args);
  if (command === 'retention') return (await import('./retention.command.js')).runRetentionCommand(args, process.env);
  if (command === 'hold') return (await import('./hold.command.js')).runHold(args, process.env);
  if (command === 'query') return (await import('./query.command.js')).runQuery(args, process.env);
  if (command === 'export') return (await import('./export.command.js')).runExport(args, process.env);
  if (command === 'verify-export') return (await import('./verify-export.command.js')).runVerifyExport(args);
  if (command === 'checkpoint') return (await import('./checkpoint.command.js')).runCheckpoint(args);
  if (command === 'keygen') return (await import('./keygen.command.js')).runKeygen(args);
  if (command === 'erase') return (await import('./erase.command.js')).runErase(args);
  if (command === 'subject-report')
    return (await import('./subject-report.command.js')).runSubjectReport(args, process.env);
  if (command === 'context-key') return (await import('./context-key.command.js')).runContextKey(args);
  if (command === 'adopt') return (await import('./adopt.command.js')).runAdopt(args, process.env);
  if (command === '--help' || command === '-h') return { exitCode: EXIT_CODES.fine, output: HELP };
  if (command === undefined) return { exitCode: EXIT_CODES.notChecked, errors: HELP };
  const errors = `Cannot run nestjs-audit-ledger ${command}: there is no such command. See nestjs-audit-ledger --help.\n`;
  return { exitCode: EXIT_CODES.notChecked, errors };
}

/** Ends even where a module of the application left a timer or a connection behind when it was loaded. */
async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const {
    exitCode,
    output = '',
    errors = '',
  } = await run(args).catch((error: unknown): CommandResult => {
    const explained = PackageMissingError.explain(error, args[0] ?? '');
    // Node would end with 1, which says of verify that the ledger was tampered with.
    const errors = explained instanceof PackageMissingError ? errorMessage(explained) : inspect(explained);
    return { exitCode: EXIT_CODES.notChecked, errors: `${errors}\n` };
  });
  process.stderr.write(errors, () => process.stdout.write(output, () => process.exit(exitCode)));
}

void main();
