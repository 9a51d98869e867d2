import type { DefinedCommand } from './define-command.js';

/** A command of `nestjs-audit-ledger`. Its file is loaded only when it is called: most commands need the PostgreSQL client. */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<DefinedCommand>;
}

/** The commands by their names. */
export type Commands = ReadonlyMap<string, CommandEntry>;
