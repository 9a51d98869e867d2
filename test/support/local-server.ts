import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { tempFolder } from './temp-folder.js';

export interface LocalServer {
  readonly port: number;
  readonly folder: string;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface LocalServerPlan {
  readonly command: string;
  readonly args: (place: Place) => readonly string[];
  readonly files?: (place: Place) => Readonly<Record<string, string>>;
}

interface Place {
  readonly folder: string;
  readonly port: number;
}

export async function startLocalServer({ command, args, files }: LocalServerPlan): Promise<LocalServer> {
  const place = { folder: await tempFolder('local-server-'), port: await freePort() };
  for (const [name, text] of Object.entries(files?.(place) ?? {})) await writeFile(join(place.folder, name), text);
  let child = await run(command, args(place), place.port);
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return {
    ...place,
    async restart() {
      await end();
      child = await run(command, args(place), place.port);
    },
    async stop() {
      await end();
      await rm(place.folder, { recursive: true });
    },
  };
}

async function run(command: string, args: readonly string[], port: number): Promise<ChildProcess> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin` },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}: ${said}`);
    return takesConnections(port);
  });
  return child;
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
