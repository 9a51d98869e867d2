import { existsSync } from 'node:fs';
import { inspect, parseEnv } from 'node:util';
import type { CommanderError } from 'commander';
import { AuditError, readTextFile } from '../audit/nest-free.js';
import type { CommandResult } from './command-result.js';
import { print, problemOf, type CommandEntry } from './define-command.js';
import { commandErrors } from './cli.errors.js';
import { explainMissingPackage } from '../monitoring/errors/explain-missing-package.js';

/** Loads and runs a command. Never rejects. */
export async function callCommand(
  name: string,
  { load }: CommandEntry,
  args: readonly string[],
): Promise<CommandResult> {
  try {
    readEnvFile();
    return await (await load()).command.run(args);
  } catch (error) {
    const explained = explainMissingPackage(error, name);
    // Catches every error, since an uncaught error exits with 1, which for `verify` means a tampered ledger.
    const seen = explained instanceof AuditError ? explained : inspect(explained);
    return print(name, args.includes('--json'), { error: seen });
  }
}

/** Returns the result for a command line without a known command. */
export function refuseProgram(args: readonly string[], error: CommanderError): CommandResult {
  const seen = `Cannot run nestjs-audit-ledger: ${problemOf(error)}. See nestjs-audit-ledger --help.`;
  return print(args[0] ?? '', args.includes('--json'), { error: seen });
}

function readEnvFile(): void {
  try {
    if (existsSync('.env')) Object.assign(process.env, { ...parseEnv(readTextFile('.env')), ...process.env });
  } catch (error) {
    throw commandErrors.AUDIT_CALL_INVALID.unreadable('.env', error);
  }
}
