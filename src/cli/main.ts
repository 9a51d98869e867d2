#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { COMMANDS } from './commands.js';

const NAME_WIDTH = Math.max(...[...COMMANDS.keys()].map((name) => name.length));

const HELP = `Usage: nestjs-audit-ledger <command> [options]

${[...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(NAME_WIDTH)}  ${summary}`).join('\n')}

  help <command>, <command> --help   explain a command
  --version                          print the version of this package
`;

/** What needs no command loads nothing of Nest, so that it answers at once. */
async function run([name, ...args]: readonly string[]): Promise<CommandResult> {
  switch (name) {
    case undefined:
      return { exitCode: EXIT_CODES.notChecked, errors: HELP };
    case '--version':
    case '-v':
      return { exitCode: EXIT_CODES.fine, output: `${await readVersion()}\n` };
    case 'help':
    case '--help':
    case '-h':
      return args[0] === undefined ? { exitCode: EXIT_CODES.fine, output: HELP } : run([args[0], '--help']);
    default:
      return (await import('./run-command.js')).runCommand(name, args);
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

/** Ends even where a module of the application left a timer or a connection behind when it was loaded. */
async function main(): Promise<void> {
  const { exitCode, output = '', errors = '' } = await run(process.argv.slice(2));
  process.stderr.write(errors, () => process.stdout.write(output, () => process.exit(exitCode)));
}

void main();
