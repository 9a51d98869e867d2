import { startTestCluster } from './cluster.mjs';

export default async function globalSetup() {
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
