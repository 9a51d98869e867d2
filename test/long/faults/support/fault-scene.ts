import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { startAppProcess, type AppProcess } from '../../../support/app-process.js';
import { LOAD_APPLICATION } from './applications.js';
import { findUnsound, type ProvidersHealth } from './audit-health.js';
import { startFaultCluster, type FaultCluster } from './fault-cluster.js';
import { loadDuring, type LoadedWork, type LoadOptions, type SeenResponse } from './load.js';
import { isRunning } from './process-tree.js';
import { FAULT_SEED } from './random.js';
import { findLedgerFaults } from './verify-ledger.js';
import { tempFolder } from '../../../support/temp-folder.js';

/** A self-check that failed runs again after a minute. */
const RECOVERY_MS = 120_000;
/** An application that stops answers 503 and does nothing. */
const TURNED_AWAY = 503;

export class FaultScene {
  private constructor(
    readonly cluster: FaultCluster,
    readonly spillDir: string,
    private process: AppProcess | undefined,
  ) {}

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<FaultScene> {
    const cluster = await startFaultCluster();
    const scene = new FaultScene(cluster, await tempFolder('audit-spill-'), undefined);
    try {
      await scene.startApp(environment);
      return scene;
    } catch (error) {
      await scene.remove();
      throw error;
    }
  }

  get app(): AppProcess {
    if (this.process === undefined) throw new Error('Cannot ask the application: it was never started. Start it.');
    return this.process;
  }

  async startApp(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const { script, environment: buildEnvironment } = LOAD_APPLICATION;
    const facts = { ...buildEnvironment(this.cluster.url, this.spillDir), ...environment };
    this.process = await startAppProcess(this.spillDir, facts, script);
  }

  loadDuring(prefix: string, during: LoadedWork, options: Partial<LoadOptions> = {}): Promise<readonly SeenResponse[]> {
    const { routes } = LOAD_APPLICATION;
    return loadDuring({ url: () => this.app.url, routes, prefix, ...options }, during);
  }

  async health(): Promise<ProvidersHealth> {
    const response = await fetch(`${this.app.url}/health`);
    return (await response.json()) as ProvidersHealth; // as `AuditAggregator.health` resolves
  }

  async becomesSound(): Promise<void> {
    const giveUpAt = Date.now() + RECOVERY_MS;
    for (;;) {
      const unsound = await this.health().then(findUnsound, (error: unknown) => [String(error)]);
      if (unsound.length === 0) return;
      if (Date.now() > giveUpAt || !(await this.isAppRunning())) {
        throw new Error(`The application did not recover: ${unsound.join('; ')}. Its output:\n${this.outputTail()}`);
      }
      await pause(50);
    }
  }

  async verify(prefix: string, seen: readonly SeenResponse[], { withUnawaited = true } = {}): Promise<void> {
    const expected = seen
      .filter(({ status }) => status !== TURNED_AWAY)
      .filter(({ route }) => withUnawaited || !LOAD_APPLICATION.unawaitedPaths.includes(route));
    const { missing, twice } = await findLedgerFaults(this.cluster.url, prefix, expected);
    if (missing.length === 0 && twice.length === 0) return;
    throw new Error(
      `At ${prefix}, of ${expected.length} responses seen, ${missing.length} events are missing, ${twice.length} are there ` +
        `twice. Repeat with FAULT_SEED=${FAULT_SEED}.\nMissing: ${JSON.stringify(missing.slice(0, 5))}\n` +
        `Twice: ${JSON.stringify(twice.slice(0, 5))}\nThe application's output:\n${this.outputTail()}`,
    );
  }

  async remove(): Promise<void> {
    if (await this.isAppRunning()) await this.process?.end('SIGKILL');
    await this.cluster.remove();
    await rm(this.spillDir, { recursive: true, force: true });
  }

  private async isAppRunning(): Promise<boolean> {
    return this.process?.child.pid !== undefined && isRunning(this.process.child.pid);
  }

  private outputTail(): string {
    return this.app.output().split('\n').slice(-30).join('\n');
  }
}
