import { existsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { inspect, parseEnv } from 'node:util';
import { Command, CommanderError, Help, Option } from 'commander';
import { AuditError } from '../base/errors/audit.error.js';
import { getErrorCode } from '../base/errors/error-facts.js';
import { readTextFile } from '../base/text-file.js';
import { formatCommandError } from './format-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { getHelpWidth } from './help-width.js';
import { showLines, type Line } from './commands/show-lines.js';
import { formatPlainJson } from './nest-free.js';
import type { LedgerAccess } from '../monitoring/read/access/ledger-access.js';
import type { CommandEnvironment } from './connection/key-settings.js';
import {
  type ConnectionOptions,
  toFlag,
  type OptionDefinition,
  type OptionDefinitions,
  type Values,
  jsonOption,
  CONNECTION_GROUP,
  connectionOptions,
  type ConnectionKind,
} from './options.js';
import { Progress } from './progress.js';
import { commandErrors } from './cli.errors.js';
import { explainMissingPackage } from '../monitoring/errors/explain-missing-package.js';

export interface Outcome {
  /** The exit code. Default: 2 if the command has an error, else 0. */
  readonly exitCode?: CommandResult['exitCode'];
  /** The text for a person. Each item of a list is printed as a separate line, wrapped to the width of a terminal. */
  readonly text?: string | readonly Line[];
  /** The fields that `--json` prints in addition to `ok` and `command`. */
  readonly data?: object;
  /** Warnings for a person, printed on the standard error; with `--json`, printed as `warnings`. */
  readonly warnings?: readonly string[];
  /** The error, printed on the standard error; with `--json`, printed as `error`. */
  readonly error?: unknown;
}

export interface Call<Options extends OptionDefinitions> {
  readonly options: Values<Options>;
  /** The arguments that are not options. */
  readonly words: readonly string[];
  readonly environment: CommandEnvironment;
  readonly isJson: boolean;
  readonly progress: Progress;
  /** The width of the terminal; Infinity if the output is a file. */
  readonly width: number;
  /** The name of the person who runs the command, for the command's events: the option `--by`, or the user and the machine. */
  readonly operator: string;
  /** The events that the command may show: those of the tenants in the option `--tenant`, or all. */
  readonly access: LedgerAccess;
  /** The given options for the connection to the ledger. */
  readonly connection: ConnectionOptions;
  /** Refuses the call. @throws `AUDIT_REQUEST_INVALID` */
  readonly refuse: (...problems: readonly string[]) => never;
  /** Reads an option whose value is a whole number; `undefined` if the option is not given. @throws `AUDIT_REQUEST_INVALID` */
  readonly count: (
    name: keyof Options & string,
    range?: { readonly min?: number; readonly max?: number },
  ) => number | undefined;
  /** Returns the address of the ledger for the application's login. @throws `AUDIT_REQUEST_INVALID` if no address is given */
  readonly ledger: () => Promise<string>;
  /** Returns the ledger's address for the login that seals, retires and erases. @throws `AUDIT_REQUEST_INVALID` */
  readonly sealer: () => Promise<string>;
  /** Returns the address for reading events: the given replica, or the primary in `ledger`. */
  readonly reader: (ledger: string) => Promise<string>;
}

/** The definition of a command: its call, its help, and its function. */
export interface CommandDefinition<Options extends OptionDefinitions> {
  readonly name: string;
  /** The text after the command's name, with one line for each form of the call. */
  readonly usage: readonly string[];
  /** The paragraphs of the help. */
  readonly about: readonly string[];
  /** The arguments with their descriptions. An argument in `<>` is required; dots mean that several values are possible. */
  readonly arguments?: readonly (readonly [string, string])[];
  /** The actions of the command, with their descriptions. */
  readonly actions?: Readonly<Record<string, string>>;
  readonly options: Options;
  /** The login with which the command connects to the ledger. If this field is set, the command has the connection options. */
  readonly connects?: ConnectionKind;
  /** The keys that `--json` prints in addition to `ok` and `command`. */
  readonly json: string;
  readonly environment?: string;
  /** Whether the command, or an action of it, records what it does. Then it fails at once if the leader would not believe it. */
  readonly records?: true | ((...words: readonly (string | undefined)[]) => boolean);
  /** Examples of command lines, without the name of the program and the command. */
  readonly examples: readonly string[];
  readonly exitCodes: string;
  run(call: Call<Options>): Promise<Outcome>;
}

/** The definition of a command without its function. */
export type CommandFacts = Omit<CommandDefinition<OptionDefinitions>, 'run'>;

export interface DefinedCommand {
  readonly facts: CommandFacts;
  /** Runs the command. Never rejects. */
  readonly run: (args: readonly string[], environment?: CommandEnvironment) => Promise<CommandResult>;
  /** Returns the command as an object of the library commander. */
  readonly describe: () => Command;
}

/**
 * A command of `nestjs-audit-ledger`. The command's file is imported only when the command runs, since the import of the PostgreSQL client
 * takes time.
 */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: DefinedCommand }>;
}

export type Commands = ReadonlyMap<string, CommandEntry>;

const PROGRAM = 'nestjs-audit-ledger';

/** Makes a command that parses its arguments with commander, explains every error in a sentence, and prints all JSON in the same shape. */
export function defineCommand<const Options extends OptionDefinitions>(
  definition: CommandDefinition<Options>,
): DefinedCommand {
  return {
    facts: definition,
    describe: () => describe(definition),
    run: (args, environment = process.env) => run(definition, args, environment),
  };
}

async function run<Options extends OptionDefinitions>(
  definition: CommandDefinition<Options>,
  args: readonly string[],
  environment: CommandEnvironment,
): Promise<CommandResult> {
  const { name } = definition;
  let isJson = args.includes('--json');
  const progress = new Progress(name, process.stderr, isJson);
  try {
    const parsed = parse(definition, args);
    if ('help' in parsed) return { exitCode: EXIT_CODES.fine, output: parsed.help };
    const { given: input, words } = parsed;
    const { tenant = [], by = getCurrentOperator() } = input;
    isJson = input.json === true;
    if (input.progress === true) progress.showNow();
    progress.begin();
    const refuse = (...problems: readonly string[]): never => {
      throw commandErrors.AUDIT_REQUEST_INVALID.ofCommand(name, problems);
    };
    const width = process.stdout.isTTY ? process.stdout.columns : Infinity;
    const outcome = await definition.run({
      ...createLedgerConnection(input, environment, refuse, isRecorded(definition, words)),
      options: input as Values<Options>, // commander parsed the options by their definitions
      ...{ words, environment, isJson, progress, width, refuse, operator: by },
      count: (key, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}) => {
        const { [key]: value } = input;
        if (value === undefined) return undefined;
        const count = /^\d{1,15}$/.test(String(value)) ? Number(value) : NaN;
        if (count >= min && count <= max) return count;
        const range = max < Number.MAX_SAFE_INTEGER ? `from ${min} to ${max}` : `of at least ${min}`;
        return refuse(`${toFlag(key)} is ${String(value)}, not a whole number ${range}`);
      },
      access: tenant.length > 0 ? { scope: 'tenants', tenantIds: tenant } : { scope: 'all' },
    });
    return print(name, isJson, outcome, width);
  } catch (error) {
    return print(name, isJson, { error: explainMissingPackage(error, name) });
  } finally {
    progress.end();
  }
}

function isRecorded({ records }: CommandFacts, words: readonly string[]): boolean {
  return typeof records === 'function' ? records(...words) : records === true;
}

/** The code is loaded on demand, because commands without a ledger need no PostgreSQL client. */
function createLedgerConnection(
  connection: RawOptions,
  environment: CommandEnvironment,
  refuse: (problem: string) => never,
  records = false,
): Pick<Call<OptionDefinitions>, 'connection' | 'ledger' | 'sealer' | 'reader'> {
  const found = async (which: 'resolveLedgerUrl' | 'resolveSequencerUrl'): Promise<string> => {
    const { NO_LEDGER, configureRowSigning, configureRowChecks, ...urls } =
      await import('./connection/database-url.js');
    const url = (await urls[which](connection)) ?? refuse(NO_LEDGER);
    configureRowSigning(url, environment);
    if (records) await configureRowChecks(url);
    return url;
  };
  return {
    connection,
    ledger: () => found('resolveLedgerUrl'),
    sealer: () => found('resolveSequencerUrl'),
    reader: async (ledger) =>
      (await import('./connection/database-url.js')).readUrl(connection.readUrl, connection, ledger),
  };
}

function print(command: string, isJson: boolean, outcome: Outcome, width = Infinity): CommandResult {
  const { text = '', data = {}, warnings = [], error } = outcome;
  const { exitCode = error === undefined ? EXIT_CODES.fine : EXIT_CODES.notChecked } = outcome;
  const message = error === undefined ? undefined : typeof error === 'string' ? error : formatCommandError(error);
  if (isJson) {
    const shown = {
      ok: exitCode === EXIT_CODES.fine,
      command,
      ...data,
      ...(warnings.length > 0 && { warnings }),
      ...(message !== undefined && { error: { code: getErrorCode(error) ?? null, message } }),
    };
    return { exitCode, output: `${formatPlainJson(shown, 2)}\n` };
  }
  const output = showLines(text, width);
  const errors = showLines(warnings) + (message === undefined ? '' : showLines(`${message}\n`));
  return { exitCode, ...(output !== '' && { output }), ...(errors !== '' && { errors }) };
}

interface RawOptions extends ConnectionOptions {
  readonly [name: string]: unknown;
  readonly json?: boolean;
  readonly progress?: boolean;
  readonly by?: string;
  readonly tenant?: readonly string[];
  readonly readUrl?: string;
}

type Parsed = { readonly help: string } | { readonly given: RawOptions; readonly words: readonly string[] };

function parse(definition: CommandFacts, args: readonly string[]): Parsed {
  const command = describe(definition);
  let help = '';
  command.exitOverride().configureOutput({
    writeOut: (written) => (help += written),
    writeErr: () => undefined, // the thrown error contains this text
    getOutHelpWidth: getHelpWidth,
  });
  try {
    command.parse([...args], { from: 'user' });
    return { given: command.opts(), words: command.args };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return { help };
    throw commandErrors.AUDIT_REQUEST_INVALID.ofCommand(definition.name, [formatParseError(error, definition)]);
  }
}

/** Returns commander's message as a clause for an error message, with the form of a call with filters or with too many arguments. */
function formatParseError({ message, code }: CommanderError, facts?: Pick<CommandFacts, 'name' | 'usage'>): string {
  const { name = '', usage = [] } = facts ?? {};
  if (code === 'commander.excessArguments') return `too many arguments; write ${name} ${usage.join(', or ')}`;
  const [, filter] = /unknown option '--([A-Za-z]+)'/.exec(message) ?? [];
  const hasFilters = filter !== undefined && usage.some((form) => form.includes('NAME=VALUE'));
  return `${toClause(message)}${hasFilters ? `; a filter has no hyphens: ${filter}=<value>` : ''}`;
}

function toClause(message: string): string {
  return message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.+)\?\)$/, ' (did you mean $1?)')
    .replace(/\.$/, '');
}

function describe(definition: CommandFacts): Command {
  const { name, usage, about, arguments: words = [], connects, options } = definition;
  const command = new Command(`${PROGRAM} ${name}`)
    .usage(usage.join(`\n       ${PROGRAM} ${name} `))
    .description(about.join('\n\n'))
    .helpOption('-h, --help', 'print this')
    .configureHelp({ optionDescription: ({ description }) => description }); // the description already contains the default
  for (const [syntax, message] of words) command.argument(syntax, message);
  const own = { ...options, json: jsonOption(definition.json) };
  const names = [...Object.keys(own), ...(connects ? Object.keys(connectionOptions(connects)) : [])].map(toFlag);
  for (const [key, option] of Object.entries(own)) command.addOption(toOption(key, option, names));
  for (const [key, option] of Object.entries(connects ? connectionOptions(connects) : {})) {
    command.addOption(toOption(key, option, names).helpGroup(CONNECTION_GROUP));
  }
  command.addHelpText('after', () => formatHelpFooter(definition));
  return command;
}

/** If a value is the name of an option, the call is refused, because the real value is missing. */
function toOption(key: string, definition: OptionDefinition, names: readonly string[]): Option {
  const { kind, description } = definition;
  const flags = toFlag(key);
  if (kind === 'flag') return new Option(flags, description).default(false).preset(true);
  const option = new Option(`${flags} ${definition.value}`, description);
  const checked = (value: string): string => {
    if (!names.includes(value)) return value;
    throw new CommanderError(2, 'commander.optionMissingArgument', `option '${option.flags}' argument missing`);
  };
  if (kind === 'text') return option.argParser(checked);
  return option
    .default([], 'none')
    .argParser((value: string, previous: readonly string[]) => [...previous, checked(value)]);
}

const RECORDS =
  'The command records what it does. Set AUDIT_WRITER_KEY and AUDIT_LEDGER_ORIGIN to the values of the application.';

function formatHelpFooter({ name, actions = {}, environment, records, examples, exitCodes }: CommandFacts) {
  const help = Object.assign(new Help(), { helpWidth: getHelpWidth() });
  const wrap = (text: string): string => help.boxWrap(text, help.helpWidth);
  const width = Math.max(0, ...Object.keys(actions).map(({ length }) => length));
  const explained = Object.entries(actions).map(([word, message]) => help.formatItem(word, width, message, help));
  return [
    ...(explained.length > 0 ? ['', 'Actions:', ...explained] : []),
    ...(environment === undefined ? [] : ['', wrap(`Environment: ${environment}`)]),
    ...(records === undefined ? [] : ['', wrap(RECORDS)]),
    '',
    'Examples:',
    ...examples.map((line) => `  ${line.startsWith('NODE_ENV') ? line : `${PROGRAM} ${name}${line && ` ${line}`}`}`),
    '',
    wrap(`Exit code: ${exitCodes}`),
  ].join('\n');
}

/** Returns the user and the machine that run the command, for the command's event. In a container, the user may have only a number. */
function getCurrentOperator(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? 'unknown'}@${hostname()}`;
  }
}

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
export function toUsageError(args: readonly string[], error: CommanderError): CommandResult {
  const seen = `Cannot run nestjs-audit-ledger: ${formatParseError(error)}. See nestjs-audit-ledger --help.`;
  return print(args[0] ?? '', args.includes('--json'), { error: seen });
}

function readEnvFile(): void {
  try {
    if (existsSync('.env')) Object.assign(process.env, { ...parseEnv(readTextFile('.env')), ...process.env });
  } catch (error) {
    throw commandErrors.AUDIT_REQUEST_INVALID.unreadable('.env', error);
  }
}
