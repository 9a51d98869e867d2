import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { tempFolder } from './temp-folder.js';

interface Node {
  readonly name: string;
  readonly port: number;
  readonly monitoringPort: number;
  readonly folder: string;
  child: ChildProcess | undefined;
}

export class NatsCluster {
  private constructor(private readonly nodes: readonly Node[]) {}

  static async start(size = 3): Promise<NatsCluster> {
    const nodes: Node[] = [];
    const routes: string[] = [];
    for (let number = 1; number <= size; number++) {
      const folder = await tempFolder('nats-cluster-');
      const [port, clusterPort, monitoringPort] = [await freePort(), await freePort(), await freePort()];
      nodes.push({ name: `n${number}`, port, monitoringPort, folder, child: undefined });
      routes.push(`127.0.0.1:${clusterPort}`);
    }
    for (const [index, { name, port, monitoringPort, folder }] of nodes.entries()) {
      const others = routes.map((route) => `nats://${route}`).join(', ');
      const cluster =
        size === 1 ? '' : `cluster { name: audit, listen: "${routes[index] ?? ''}", routes: [${others}] }`;
      await writeFile(
        join(folder, 'nats.conf'),
        `server_name: ${name}
        listen: "127.0.0.1:${port}"
        http: "127.0.0.1:${monitoringPort}"
        jetstream { store_dir: "${folder}/store", max_file_store: 2GB }
        ${cluster}`,
      );
    }
    const cluster = new NatsCluster(nodes);
    for (const { name } of nodes) cluster.startNode(name);
    await cluster.whenReady();
    return cluster;
  }

  get servers(): readonly string[] {
    return this.nodes.map(({ port }) => `127.0.0.1:${port}`);
  }

  get monitoringUrls(): readonly string[] {
    return this.nodes.map(({ monitoringPort }) => `http://127.0.0.1:${monitoringPort}`);
  }

  get names(): readonly string[] {
    return this.nodes.map(({ name }) => name);
  }

  startNode(name: string): void {
    const node = this.node(name);
    node.child = spawn('nats-server', ['-c', join(node.folder, 'nats.conf')], {
      stdio: 'ignore',
      env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin` },
    });
  }

  async killNode(name: string): Promise<void> {
    const { child } = this.node(name);
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** SIGSTOP keeps the server's connections open. */
  pauseNode(name: string): void {
    this.node(name).child?.kill('SIGSTOP');
  }

  resumeNode(name: string): void {
    this.node(name).child?.kill('SIGCONT');
  }

  async findLeader(stream: string): Promise<string> {
    return this.use((manager) =>
      eventually(async () => {
        const info = await manager.streams.info(stream).catch(() => undefined);
        return info?.cluster?.leader;
      }),
    );
  }

  async use<Result>(work: (manager: JetStreamManager, connection: NatsConnection) => Promise<Result>): Promise<Result> {
    const connection = await connect({ servers: [...this.servers], timeout: 5_000 });
    try {
      return await work(await jetstreamManager(connection, { checkAPI: false, timeout: 5_000 }), connection);
    } finally {
      await connection.close();
    }
  }

  async whenReady(): Promise<void> {
    await eventually(async () => {
      try {
        return await this.use(async (manager) => {
          await manager.getAccountInfo();
          return true;
        });
      } catch {
        return false;
      }
    });
  }

  async stop(): Promise<void> {
    for (const { name, folder } of this.nodes) {
      await this.killNode(name);
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  }

  private node(name: string): Node {
    const node = this.nodes.find((each) => each.name === name);
    if (!node) throw new Error(`No server has the name ${name}.`);
    return node;
  }
}
