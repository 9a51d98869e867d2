import { expect } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from './fault-matrix.js';

const OUTAGE_MS = 10_000;

/** `kill -9` of the application. */
export const APPLICATION_KILLED: Fault = {
  strike: async (scene) => {
    await scene.app.end('SIGKILL');
    await scene.startApp();
  },
  underLoad: false,
  keepsBuffered: false,
};

/** `kill -9` of PostgreSQL: three times of four all its processes, else one connection's, after which it restarts itself. */
export const DATABASE_KILLED: Fault = {
  strike: async ({ cluster }, random) => {
    if (random() < 0.25) return cluster.crashOneBackend();
    await cluster.crash();
    await cluster.start();
  },
  underLoad: true,
  keepsBuffered: true,
};

/** PostgreSQL is stopped for ten seconds: connections are refused. */
export const DATABASE_STOPPED: Fault = {
  strike: async ({ cluster }) => {
    await cluster.stop();
    await pause(OUTAGE_MS);
    await cluster.start();
  },
  underLoad: true,
  keepsBuffered: true,
};

/** PostgreSQL hangs for ten seconds: connections stay, and nothing answers. */
export const DATABASE_FROZEN: Fault = {
  strike: async ({ cluster }) => {
    await cluster.freeze();
    await pause(OUTAGE_MS);
    await cluster.thaw();
  },
  underLoad: true,
  keepsBuffered: true,
};

/** `kill -9` of the application and of PostgreSQL at once. */
export const BOTH_KILLED: Fault = {
  strike: async (scene) => {
    await Promise.all([scene.app.end('SIGKILL'), scene.cluster.crash()]);
    await scene.cluster.start();
    await scene.startApp();
  },
  underLoad: false,
  keepsBuffered: false,
};

/** SIGTERM of the application, which has to end by itself, however much comes meanwhile. */
export const APPLICATION_TERMINATED: Fault = {
  strike: async (scene) => {
    const exitCode = await scene.app.end('SIGTERM');
    // Nest's own shutdown hooks end the process by the signal itself.
    expect([exitCode, scene.app.child.signalCode]).toEqual(exitCode === null ? [null, 'SIGTERM'] : [0, null]);
    await scene.startApp();
  },
  underLoad: true,
  restMs: 0,
  keepsBuffered: true,
};
