import { mkdir, writeFile } from 'node:fs/promises';
import { startTestCluster } from './cluster.mjs';

export default async function globalSetup() {
  // The applications of the tests, and the tests themselves, sign with this key.
  await mkdir('.data', { recursive: true });
  await writeFile('.data/writer.key', 'a key of the tests that has 32 characters or more\n', {
    flag: 'wx',
    mode: 0o600,
  }).catch((error) => error.code === 'EEXIST' || Promise.reject(error));
  const cluster = await startTestCluster();
  delete globalThis[Symbol.for('nestjs-audit-ledger:copies')]; // a run of one file is in this process, which has loaded the build
  process.env.TEST_PG_URL = cluster.url;
  process.env.TEST_PG_SUPERUSER_URL = cluster.superuserUrl;
  globalThis.removeTestCluster = cluster.remove;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      // After the clean-up, the repeated signal ends the process, so that the exit code shows the signal.
      void cluster.remove().finally(() => process.kill(process.pid, signal));
    });
  }
}
