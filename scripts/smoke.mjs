import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const password = 'smoke test password';
const home = await mkdtemp(join(tmpdir(), 'audit-smoke-'));
await chmod(home, 0o755); // the database's user must be able to enter the folder
const app = spawn(process.execPath, ['dist/src/shop/main.js'], {
  env: {
    ...process.env,
    PORT: '0',
    ADMIN_PASSWORD: password,
    EMBEDDED_PG_DIR: join(home, 'pg'),
    AUDIT_SPILL_DIR: join(home, 'spill'),
    AUDIT_SIGNING_KEY_FILE: join(home, 'signing.key'), // the last signed note beside the key must belong to this database
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});

try {
  const base = await listening();
  const login = await send('POST', '/auth/login', { email: 'admin@example.com', password });
  const events = await send('GET', '/audit/events?type=user_login_success', undefined, login.accessToken);
  const [event] = events.items;
  if (!event) throw new Error('The ledger shows no login.');
  console.log(`logged in, and found ${event.type} by ${event.actor.name} from ${event.request.ip} in the ledger`);

  async function send(method, path, body, token) {
    const response = await fetch(base + path, {
      method,
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
} finally {
  if (app.exitCode === null) {
    app.kill('SIGTERM');
    await once(app, 'exit');
  }
  await rm(home, { recursive: true, force: true });
}
if (app.exitCode !== 0) throw new Error(`The application ended with ${app.exitCode ?? app.signalCode}.`);

async function listening() {
  for await (const line of createInterface({ input: app.stdout })) {
    console.log(line);
    const port = /Listening on http:\/\/[^ ]*:(\d+)/.exec(line)?.[1];
    if (port) {
      app.stdout.resume();
      return `http://127.0.0.1:${port}`;
    }
  }
  throw new Error('The application ended before it listened.');
}
