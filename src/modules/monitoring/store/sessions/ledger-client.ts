import pg from 'pg';

export type AskPassword = (login: string) => string | Promise<string>;

/** The configuration of a {@link LedgerClient}: that of pg's client, and the function that returns the password. */
export interface LedgerClientConfig extends pg.ClientConfig {
  readonly askPassword?: AskPassword | undefined;
}

/** The functions that return passwords, by address. Only a connection to exactly the same address uses the function. */
export const PASSWORDS = new Map<string, AskPassword>();

/** A client that, when it connects, gets its password from `askPassword`, if given. The client then ignores a password in its address. */
export class LedgerClient extends pg.Client {
  constructor(config: LedgerClientConfig = {}) {
    super(config);
    const { askPassword } = config;
    // Set after the constructor of pg, because the constructor would use an address's empty password as the password.
    if (askPassword) Object.assign(this, { password: () => askPassword(this.user ?? '') });
  }
}
