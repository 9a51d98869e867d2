import type { DefinedCommand } from './define-command.js';

/** A command of `nestjs-audit-ledger`. Its file is loaded by the call: most need a client of PostgreSQL. */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<DefinedCommand>;
}

/** The commands by their names. */
export type Commands = ReadonlyMap<string, CommandEntry>;
