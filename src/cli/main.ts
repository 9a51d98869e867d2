#!/usr/bin/env node
import { run } from './run-command.js';

/** Calls `process.exit`, because a module of the application may leave a timer or a connection open. */
async function main(): Promise<void> {
  const { exitCode, output = '', errors = '' } = await run(process.argv.slice(2));
  process.stderr.write(errors, () => process.stdout.write(output, () => process.exit(exitCode)));
}

void main();
