import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import { AuditError } from '../audit/index.js';
import { PackageMissingError } from '../modules/monitoring/errors/package-missing.error.js';
import { CallError } from './call.error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { COMMANDS } from './commands.js';
import { helpWidth, print, problemOf } from './define-command.js';

/** Runs what `nestjs-audit-ledger` is called with. Never rejects. */
export async function run(args: readonly string[]): Promise<CommandResult> {
  const [first, second] = args;
  if (first === 'help' && second !== undefined) return run([...args.slice(1), '--help']);
  const name = second !== undefined && COMMANDS.has(`${first} ${second}`) ? `${first} ${second}` : (first ?? '');
  const entry = COMMANDS.get(name);
  if (!entry) return runProgram(args);
  try {
    readEnvFile();
    const command = await entry.load();
    return await command.run(args.slice(name.split(' ').length));
  } catch (error) {
    const explained = PackageMissingError.explain(error, name);
    // Node would end with 1, which says of verify that the ledger was tampered with.
    const seen = explained instanceof AuditError ? explained : inspect(explained);
    return print(name, args.includes('--json'), { exitCode: EXIT_CODES.notChecked, error: seen });
  }
}

/** What is called without a command: the help, the version, and a mistyped command. */
async function runProgram(args: readonly string[]): Promise<CommandResult> {
  let [output, errors] = ['', ''];
  const program = new Command('nestjs-audit-ledger')
    .usage('<command> [options]')
    .version(await readVersion(), '-v, --version', 'print the version of this package')
    .helpOption('-h, --help', 'print this')
    .helpCommand('help <command>', 'explain a command, as <command> --help does')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => (output += text),
      writeErr: (text) => (errors += text),
      getOutHelpWidth: helpWidth,
      getErrHelpWidth: helpWidth,
    });
  for (const [name, { summary }] of COMMANDS) program.addCommand(new Command(name).description(summary));
  try {
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (output !== '') return { exitCode: EXIT_CODES.fine, output };
    if (error.code === 'commander.help') return { exitCode: EXIT_CODES.notChecked, errors };
    return refuse(args, error);
  }
  return { exitCode: EXIT_CODES.notChecked, errors };
}

function refuse(args: readonly string[], error: CommanderError): CommandResult {
  const seen = `Cannot run nestjs-audit-ledger: ${problemOf(error)}. See nestjs-audit-ledger --help.`;
  return print(args[0] ?? '', args.includes('--json'), { exitCode: EXIT_CODES.notChecked, error: seen });
}

/** The file that the application reads, too. @throws CallError (`AUDIT_CALL_INVALID`) when it cannot be read */
function readEnvFile(): void {
  try {
    if (existsSync('.env')) process.loadEnvFile('.env');
  } catch (error) {
    throw CallError.unreadable('.env', error);
  }
}

/** Of the nearest package.json with the package's name: the sources and the built files lie at different depths. */
async function readVersion(folder = new URL('.', import.meta.url)): Promise<string> {
  const text = await readFile(new URL('package.json', folder), 'utf8').catch(() => '{}');
  const { name, version } = JSON.parse(text) as { readonly name?: string; readonly version?: string };
  if (name === 'nestjs-audit-ledger' && version !== undefined) return version;
  const parent = new URL('..', folder);
  return parent.href === folder.href ? 'unknown' : readVersion(parent);
}
