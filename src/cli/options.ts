/** An option of a command: a switch, a text, or a text that a call may repeat. */
export type OptionDefinition =
  | { readonly kind: 'flag'; readonly description: string }
  | { readonly kind: 'text' | 'texts'; readonly value: string; readonly description: string };

/** Options by their names in camel case: the key `dryRun` is the option `--dry-run`. */
export type OptionDefinitions = Readonly<Record<string, OptionDefinition>>;

export type Values<Options extends OptionDefinitions> = {
  readonly [Name in keyof Options]: Options[Name]['kind'] extends 'flag'
    ? boolean
    : Options[Name]['kind'] extends 'text'
      ? string | undefined
      : readonly string[];
};

export function flagOption(description: string): { readonly kind: 'flag'; readonly description: string } {
  return { kind: 'flag', description };
}

/** Defines an option with a value, for example `<file>`. */
export function textOption(
  value: string,
  description: string,
): { readonly kind: 'text'; value: string; description: string } {
  return { kind: 'text', value, description };
}

/** Defines an option with a value that a call may repeat. */
export function listOption(
  value: string,
  message: string,
): { readonly kind: 'texts'; value: string; description: string } {
  return { kind: 'texts', value, description: `${message}; repeatable` };
}

/** Returns an option as the user types it: `--dry-run` for `dryRun`. */
export function toFlag(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The login with which a command connects to the ledger. */
export type ConnectionKind = 'application' | 'sealer';

/** The heading of the connection options in the help. */
export const CONNECTION_GROUP = 'Connection:';

const DATABASE_URL: Readonly<Record<ConnectionKind, string>> = {
  application:
    'the ledger’s database; default: AUDIT_DATABASE_URL or DATABASE_URL, in the environment or in .env, else psql’s variables PGHOST, PGDATABASE and others',
  sealer:
    'the ledger’s database, with the login that seals; default: AUDIT_SEQUENCER_URL, AUDIT_DATABASE_URL or DATABASE_URL, in the environment or in .env, else psql’s variables',
};

/** Returns the options of every command that connects to the ledger. */
export function connectionOptions(connects: ConnectionKind) {
  return {
    databaseUrl: textOption('<url>', DATABASE_URL[connects]),
    schema: textOption('<name>', 'the ledger’s schema; default: found in the database, else audit'),
  };
}

/** The options with which a command connects to the ledger. Missing options come from the environment. */
export type ConnectionOptions = Partial<Values<ReturnType<typeof connectionOptions>>>;

/** The option of commands that read the entities of a TypeORM data source. */
export const DATA_SOURCE = textOption('<file>', 'the built file that exports the application’s TypeORM DataSource');

/** The option of all commands that record an event. */
export const BY_OPTION = textOption(
  '<name>',
  'the name of the person who runs the command, which the event records; default: your user name and this machine',
);

/** The option of all commands that can read events from a replica. These commands record the read on the primary. */
export const READ_URL = textOption(
  '<url>',
  'a replica to read from; the primary records the read; default: AUDIT_READ_URL, unless another option names the ledger’s database',
);

/** Makes the option of commands that verify signatures. @param more the end of the help text, about the default value */
export function keyOption(more: string): ReturnType<typeof listOption> {
  return listOption('<key>', `a verifier key of the ledger, or a file with one key per line${more}`);
}

/** The end of the help text of {@link keyOption}, for commands that read the ledger. */
export const DATABASE_KEYS_HELP = '; default: the keys named by the database';

/** The end of the help text of {@link keyOption}, for commands that read archives. */
export const ARCHIVE_KEYS_HELP = ', to check the archives; default: from the key file';

/** The option of commands that compare the ledger with published checkpoints. */
export const CHECKPOINT = listOption(
  '<file>',
  'a signed checkpoint from outside the database, or the application’s file of published checkpoints',
);

/** The option of commands that may take long. */
export const PROGRESS = flagOption('show the progress even if the standard error is not a terminal');

/** Returns the option `--json`, which every command has. */
export function jsonOption(keys: string): OptionDefinition {
  return flagOption(`print JSON: { "ok", "command", ${keys} }`);
}
