export type CommandEnvironment = Readonly<Record<string, string | undefined>>;

export const DEFAULT_ORIGIN = 'nestjs-audit-ledger.local/ledger';

/** Returns the key file and the name of the ledger, as the application has them. */
export function keyOfEnvironment(environment: CommandEnvironment): { readonly file: string; readonly origin: string } {
  return {
    file: given(environment.AUDIT_SIGNING_KEY_FILE) ?? '.data/signing.key',
    origin: given(environment.AUDIT_LEDGER_ORIGIN) ?? DEFAULT_ORIGIN,
  };
}

/** Returns the value of a variable; an empty one counts as missing. */
export function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** Returns the values of a variable that are separated by commas. */
export function listOf(texts: string | undefined): readonly string[] {
  return (texts ?? '').split(',').flatMap((text) => text.trim() || []);
}
