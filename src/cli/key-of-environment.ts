/** The variables that a command takes from the application's environment. */
export type CommandEnvironment = Readonly<Record<string, string | undefined>>;

/** Where the ledger's key is, and what the ledger is called, as the application has them. */
export function keyOfEnvironment(environment: CommandEnvironment): { readonly file: string; readonly origin: string } {
  return {
    file: given(environment.AUDIT_SIGNING_KEY_FILE) ?? '.data/signing.key',
    origin: given(environment.AUDIT_LEDGER_ORIGIN) ?? 'nestjs-audit-ledger.local/ledger',
  };
}

/** A variable that is empty is not given. */
export function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
