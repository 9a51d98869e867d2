import pg from 'pg';

export type AskPassword = (login: string) => string | Promise<string>;

/** The configuration of a {@link LedgerClient}, in addition to a client's own. */
export interface LedgerClientConfig extends pg.ClientConfig {
  readonly askPassword?: AskPassword | undefined;
}

/** The functions that return passwords, by address. A connection to exactly that address uses the function. */
export const PASSWORDS = new Map<string, AskPassword>();

/** A client that gets its password from a registered function when it connects. Such a client ignores a password in its address. */
export class LedgerClient extends pg.Client {
  constructor(config: LedgerClientConfig = {}) {
    super(config);
    const { askPassword } = config;
    // Set after the constructor of pg, which uses an empty password in an address as the password.
    if (askPassword) Object.assign(this, { password: () => askPassword(this.user ?? '') });
  }
}
