import { readFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { COMMANDS, FIRST_COMMANDS } from './commands.js';
import { getHelpWidth } from './help-width.js';

/** Runs a call of `nestjs-audit-ledger`. Never rejects. A call without a command is fast, because it does not load Nest. */
export async function run(args: readonly string[]): Promise<CommandResult> {
  const [first, second] = args;
  if (first === 'help' && second !== undefined) return run([...args.slice(1), '--help']);
  const name = second !== undefined && COMMANDS.has(`${first} ${second}`) ? `${first} ${second}` : (first ?? '');
  const entry = COMMANDS.get(name);
  if (!entry) return runProgram(args);
  const { callCommand } = await import('./define-command.js');
  return callCommand(name, entry, args.slice(name.split(' ').length));
}

async function runProgram(args: readonly string[]): Promise<CommandResult> {
  let [output, errors] = ['', ''];
  const program = new Command('nestjs-audit-ledger')
    .usage('<command> [options]')
    .description(`Start with: ${FIRST_COMMANDS.join(', ')}.`)
    .version(await readVersion(), '-v, --version', 'print the version of this package')
    .helpOption('-h, --help', 'print this')
    .helpCommand('help <command>', 'explain a command, as <command> --help does')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => (output += text),
      writeErr: (text) => (errors += text),
      getOutHelpWidth: getHelpWidth,
      getErrHelpWidth: getHelpWidth,
    });
  for (const [name, { summary }] of COMMANDS) program.addCommand(new Command(name).description(summary));
  try {
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (output !== '') return { exitCode: EXIT_CODES.fine, output };
    if (error.code === 'commander.help') return { exitCode: EXIT_CODES.notChecked, errors };
    const { toUsageError } = await import('./define-command.js');
    return toUsageError(args, error);
  }
  return { exitCode: EXIT_CODES.notChecked, errors };
}

/**
 * Reads the version from this package's package.json. Searches the parent folders, too, since the depth of that file differs between source
 * code and compiled code.
 */
async function readVersion(folder = new URL('.', import.meta.url)): Promise<string> {
  const text = await readFile(new URL('package.json', folder), 'utf8').catch(() => '{}');
  const { name, version } = JSON.parse(text) as { readonly name?: string; readonly version?: string };
  if (name === 'nestjs-audit-ledger' && version !== undefined) return version;
  const parent = new URL('..', folder);
  return parent.href === folder.href ? 'unknown' : readVersion(parent);
}
