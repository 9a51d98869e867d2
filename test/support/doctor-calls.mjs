// One process serves many calls: each input line is a JSON object with `args` and `environment`.
import { createInterface } from 'node:readline';
import { command as doctor } from '../../dist/src/cli/doctor/doctor.command.js';

const own = { ...process.env };
for await (const line of createInterface({ input: process.stdin })) {
  const { args, environment } = JSON.parse(line);
  process.env = { ...own, ...environment };
  process.stdout.write(`${JSON.stringify(await doctor.run(args, process.env))}\n`);
}
process.exit(0); // connections that a call left behind do not keep it
