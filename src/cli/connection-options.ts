/** The options of a command for the connection to the ledger. Missing ones come from the environment. */
export interface ConnectionOptions {
  readonly databaseUrl?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly user?: string | undefined;
  readonly database?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly sslMode?: string | undefined;
  readonly sslRootCert?: string | undefined;
  readonly sslCert?: string | undefined;
  readonly sslKey?: string | undefined;
  readonly dataSource?: string | undefined;
  readonly schema?: string | undefined;
}
