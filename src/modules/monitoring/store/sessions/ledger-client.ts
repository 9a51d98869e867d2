import pg from 'pg';

/** Returns the password of a login. */
export type AskPassword = (login: string) => string | Promise<string>;

/** The configuration of a {@link LedgerClient}, beyond that of every client. */
export interface LedgerClientConfig extends pg.ClientConfig {
  readonly askPassword?: AskPassword | undefined;
}

const ASKED = new Map<string, AskPassword>();

/** Makes each connection to exactly this address ask for its password. */
export function askPasswordFor(connectionUrl: string, ask: AskPassword): void {
  ASKED.set(connectionUrl, ask);
}

/** The function that returns the password for an address; `undefined` if the address contains it. */
export function whoKnowsPassword(connectionUrl: string): AskPassword | undefined {
  return ASKED.get(connectionUrl);
}

/** A client that asks for its password when it connects, if a function was registered. It then ignores a password in its address. */
export class LedgerClient extends pg.Client {
  constructor(config: LedgerClientConfig = {}) {
    super(config);
    const { askPassword } = config;
    // Set after the constructor of pg, which takes an empty password of an address as given.
    if (askPassword) Object.assign(this, { password: () => askPassword(this.user ?? '') });
  }
}
