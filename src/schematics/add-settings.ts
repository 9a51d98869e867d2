import { parseEnv } from 'node:util';
import type { Application } from './find-application.js';
import { readText, write, type Tree } from './tree.js';

/** `DATABASE_URL` may be the address of the application's own database. */
type AddressVariable = 'AUDIT_DATABASE_URL' | 'DATABASE_URL';

/** The variable with the ledger's address, and whether a person must correct the address. */
export interface AddedAddress {
  readonly variable: AddressVariable;
  readonly isGuessed: boolean;
}

const EXAMPLE = '.env.example';
const EXAMPLE_FILE = /^\.?env[.-](example|sample|template|dist)/;

/** Adds the missing lines to `.env`, to example files such as `.env.example`, and to `.gitignore`. */
export function addSettings(tree: Tree, application: Application, databaseUrl: string | undefined): AddedAddress {
  const env = readText(tree, '/.env');
  const values = parseEnv(env ?? '');
  const variable = addressVariable(application, values, databaseUrl);
  const isKnown = isSet(values[variable]);
  const lines = [...buildEnvLines(application, variable, databaseUrl)]
    .filter(([name]) => (name === variable ? !isKnown : !has(env, name)))
    .map((line) => line.join('='));
  write(tree, '/.env', addLines(env, lines));
  const examples = tree.getDir('/').subfiles.filter((name) => EXAMPLE_FILE.test(name));
  for (const name of examples.length > 0 ? examples : [EXAMPLE]) addToExample(tree, `/${name}`, application, variable);
  addToGitignore(tree);
  return { variable, isGuessed: !isKnown && databaseUrl === undefined };
}

function addressVariable(
  { orm }: Application,
  { DATABASE_URL: shared, AUDIT_DATABASE_URL: own }: NodeJS.Dict<string>,
  databaseUrl: string | undefined,
): AddressVariable {
  if (isSet(own)) return 'AUDIT_DATABASE_URL';
  const isShared = isSet(shared)
    ? databaseUrl === undefined || databaseUrl === shared
    : shared === undefined && orm === undefined;
  return isShared ? 'DATABASE_URL' : 'AUDIT_DATABASE_URL';
}

function addToExample(tree: Tree, path: string, application: Application, variable: AddressVariable): void {
  const text = readText(tree, path);
  const lines = [...buildEnvLines(application, variable, undefined)].map((line) => line.join('='));
  const all = [
    ...lines,
    '# AUDIT_WRITER_KEY=required in production: openssl rand -base64 32',
    '# AUDIT_SEQUENCER_URL=the address with a separate login that seals',
  ];
  const parseName = (line: string): string => line.replace('# ', '').split('=')[0] ?? '';
  const missing = all.filter((line) => !has(text, parseName(line)));
  write(tree, path, addLines(text, missing));
}

function addToGitignore(tree: Tree): void {
  const ignored = readText(tree, '/.gitignore');
  const ignores = (name: string): boolean =>
    new RegExp(`^/?${name.replace('.', '\\.')}/?\\*?$`, 'm').test(ignored ?? '');
  const missing = ['.data', '.env'].filter((name) => !ignores(name)).map((name) => `/${name}`);
  write(tree, '/.gitignore', addLines(ignored, missing));
}

function has(text: string | undefined, name: string): boolean {
  return new RegExp(`^#? ?${name}=`, 'm').test(text ?? '');
}

export function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function buildEnvLines(
  { name }: Application,
  variable: AddressVariable,
  databaseUrl: string | undefined,
): ReadonlyMap<string, string> {
  const address = databaseUrl ?? 'postgres://postgres:postgres@localhost:5432/postgres';
  const origin = `${name.replace(/^@/, '').replace(/[^\w./-]/g, '-')}.local/audit`;
  return new Map([
    [variable, address],
    ['AUDIT_SIGNING_KEY_FILE', '.data/signing.key'],
    ['AUDIT_LEDGER_ORIGIN', origin],
    ['AUDIT_SPILL_DIR', '.data/spill'],
  ]);
}

const HEADING = '# The audit log (nestjs-audit-ledger)';

function addLines(text: string | undefined, lines: readonly string[]): string {
  if (lines.length === 0) return text ?? '';
  const before = text === undefined || text === '' ? '' : `${text.replace(/(?<!\n)\n*$/, '\n')}\n`;
  return `${before}${[HEADING, ...lines].join('\n')}\n`;
}
