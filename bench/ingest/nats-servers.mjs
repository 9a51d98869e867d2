import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Starts three servers of NATS with JetStream on this machine, with their own defaults. */
export async function startNats() {
  const ports = await Promise.all(Array.from({ length: 6 }, freePort));
  const routes = ports.slice(3).map((port) => `nats://127.0.0.1:${port}`);
  const folder = await mkdtemp(join(tmpdir(), 'bench-nats-'));
  const children = [];
  for (const [index, port] of ports.slice(0, 3).entries()) {
    const file = join(folder, `n${index}.conf`);
    await writeFile(
      file,
      `server_name: n${index}
      listen: "127.0.0.1:${port}"
      jetstream { store_dir: "${folder}/n${index}", max_file_store: 4GB }
      cluster { name: bench, listen: "127.0.0.1:${ports[index + 3]}", routes: [${routes.join(', ')}] }`,
    );
    const PATH = `${process.env.PATH}:/usr/sbin`;
    children.push(spawn('nats-server', ['-c', file], { stdio: 'ignore', env: { ...process.env, PATH } }));
  }
  return {
    servers: ports.slice(0, 3).map((port) => `127.0.0.1:${port}`),
    pids: children.map(({ pid }) => pid),
    async stop() {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
