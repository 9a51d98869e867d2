import type { CommandResult } from './command-result.js';

/** A command of `nestjs-audit-ledger`. Its file is loaded by the call: most need a client of PostgreSQL. */
export interface Command {
  readonly summary: string;
  readonly run: (args: readonly string[]) => Promise<CommandResult>;
}

/** The commands by their names. */
export type Commands = ReadonlyMap<string, Command>;
