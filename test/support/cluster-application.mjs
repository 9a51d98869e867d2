/*
 * Tests kill this application, which keeps a connection open like real ones. Input: the start options as JSON; the server stops when the
 * input ends. Output: one line of JSON after the start or a refusal.
 */
import pg from 'pg';
import { startEmbeddedPostgres } from '../../dist/src/shop/database/embedded/start-embedded-postgres.js';

const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const lines = [];

try {
  const options = JSON.parse(process.argv[2]);
  const { stop, ...server } = await startEmbeddedPostgres({ ...options, log: (line) => lines.push(line) });
  const client = new pg.Client({ connectionString: server.url, application_name: 'the application' });
  client.on('error', () => undefined);
  await client.connect();
  tell({ ...server, lines });
  process.stdin.resume();
  process.stdin.once('end', () => {
    void client
      .end()
      .then(stop)
      .then(() => tell({ stopped: true, lines }));
  });
} catch (error) {
  tell({ code: error.code, message: error.message, lines });
  process.exitCode = 1;
}
