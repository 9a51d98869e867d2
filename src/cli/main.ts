#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { inspect } from 'node:util';
import { AuditError, errorMessage, nearestName, ownPackage } from '../audit/index.js';
import { CallError } from './call.error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { COMMANDS } from './commands.js';
import { PackageMissingError } from '../modules/monitoring/errors/package-missing.error.js';

const NAME_WIDTH = Math.max(...[...COMMANDS.keys()].map((name) => name.length));

const HELP = `Usage: nestjs-audit-ledger <command> [options]

${[...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(NAME_WIDTH)}  ${summary}`).join('\n')}

  help <command>, <command> --help   explain a command
  --version                          print the version of this package
`;

async function run([name, ...args]: readonly string[]): Promise<CommandResult> {
  switch (name) {
    case undefined:
      return { exitCode: EXIT_CODES.notChecked, errors: HELP };
    case '--version':
    case '-v':
      return { exitCode: EXIT_CODES.fine, output: `${ownPackage()?.version ?? 'unknown'}\n` };
    case 'help':
    case '--help':
    case '-h':
      return args[0] === undefined ? { exitCode: EXIT_CODES.fine, output: HELP } : run([args[0], '--help']);
    default:
      readEnvFile();
      return COMMANDS.get(name)?.run(args) ?? refuseUnknown(name);
  }
}

/** The file that the application reads, too. @throws CallError (`AUDIT_CALL_INVALID`) when it cannot be read */
function readEnvFile(): void {
  try {
    if (existsSync('.env')) process.loadEnvFile('.env');
  } catch (error) {
    throw CallError.unreadable('.env', error);
  }
}

function refuseUnknown(name: string): CommandResult {
  const nearest = nearestName(name, [...COMMANDS.keys()]);
  const meant = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  const errors = `Cannot run nestjs-audit-ledger ${name}: there is no such command.${meant} See nestjs-audit-ledger --help.\n`;
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
    const errors = explained instanceof AuditError ? errorMessage(explained) : inspect(explained);
    return { exitCode: EXIT_CODES.notChecked, errors: `${errors}\n` };
  });
  process.stderr.write(errors, () => process.stdout.write(output, () => process.exit(exitCode)));
}

void main();
