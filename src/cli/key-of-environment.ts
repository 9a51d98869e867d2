import { existsSync, readFileSync } from 'node:fs';

export type CommandEnvironment = Readonly<Record<string, string | undefined>>;

export const DEFAULT_ORIGIN = 'nestjs-audit-ledger.local/ledger';

/** Returns the key file and the name of the ledger, as the application has them. Without a name, it is that of the file's signing key. */
export function keyOfEnvironment(environment: CommandEnvironment): { readonly file: string; readonly origin: string } {
  const file = given(environment.AUDIT_SIGNING_KEY_FILE) ?? '.data/signing.key';
  return { file, origin: given(environment.AUDIT_LEDGER_ORIGIN) ?? nameInKeyFile(file) ?? DEFAULT_ORIGIN };
}

/** Returns the name of a file's signing key, or `undefined` without a key; the caller that then reads the key reports what is wrong with the file. */
export function nameInKeyFile(file: string): string | undefined {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return /^\s*PRIVATE\+KEY\+([^+\s]+)\+/m.exec(text)?.[1];
}

/** Returns the value of a variable; an empty one counts as missing. */
export function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** Returns the values of a variable that are separated by commas. */
export function listOf(texts: string | undefined): readonly string[] {
  return (texts ?? '').split(',').flatMap((text) => text.trim() || []);
}
