import { readFile } from 'node:fs/promises';

const NANOSECONDS_A_MICROSECOND = 1_000;

/** Measures the CPU time of the client's own backend. */
export async function backendMicros(client, work) {
  const before = await readMicros(client);
  await work();
  return (await readMicros(client)) - before;
}

async function readMicros(client) {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  const [{ pid }] = rows;
  const [nanoseconds] = (await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ', 1); // the first number is the time on a processor
  return Number(nanoseconds) / NANOSECONDS_A_MICROSECOND;
}
