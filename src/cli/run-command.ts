import { existsSync } from 'node:fs';
import { inspect } from 'node:util';
import { AuditError, errorMessage, nearestName } from '../audit/index.js';
import { PackageMissingError } from '../modules/monitoring/errors/package-missing.error.js';
import { CallError } from './call.error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { COMMANDS } from './commands.js';
import { tellTime } from './tell-time.js';

/** Runs a command by its name. Never rejects. */
export async function runCommand(name: string, args: readonly string[]): Promise<CommandResult> {
  const command = COMMANDS.get(name);
  if (!command) return refuseUnknown(name);
  const stop = tellTime(name, process.stderr);
  try {
    readEnvFile();
    return await command.run(args);
  } catch (error) {
    const explained = PackageMissingError.explain(error, name);
    // Node would end with 1, which says of verify that the ledger was tampered with.
    const errors = explained instanceof AuditError ? errorMessage(explained) : inspect(explained);
    return { exitCode: EXIT_CODES.notChecked, errors: `${errors}\n` };
  } finally {
    stop();
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
  const errors = `Cannot run nestjs-audit-ledger ${name}: this command is unknown.${meant} See nestjs-audit-ledger --help.\n`;
  return { exitCode: EXIT_CODES.notChecked, errors };
}
