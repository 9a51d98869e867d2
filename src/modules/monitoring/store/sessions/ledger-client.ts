import pg from 'pg';

/** Returns the password of a login. */
export type AskPassword = (login: string) => string | Promise<string>;

/** The configuration of a {@link LedgerClient}, beyond that of every client. */
export interface LedgerClientConfig extends pg.ClientConfig {
  readonly askPassword?: AskPassword | undefined;
}

/** The functions that return passwords, by address: each connection to exactly that address asks for its password. */
export const PASSWORDS = new Map<string, AskPassword>();

/** A client that asks for its password when it connects, if a function was registered. It then ignores a password in its address. */
export class LedgerClient extends pg.Client {
  constructor(config: LedgerClientConfig = {}) {
    super(config);
    const { askPassword } = config;
    // Set after the constructor of pg, which takes an empty password of an address as given.
    if (askPassword) Object.assign(this, { password: () => askPassword(this.user ?? '') });
  }
}
