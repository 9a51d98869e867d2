import { expect } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from './fault-matrix.js';

const OUTAGE_MS = 10_000;

export const APPLICATION_KILLED: Fault = {
  strike: async (scene) => {
    await scene.app.end('SIGKILL');
    await scene.startApp();
  },
  underLoad: false,
  keepsUnawaited: false,
};

/** After the kill of one connection's process, PostgreSQL restarts itself. */
export const DATABASE_KILLED: Fault = {
  strike: async ({ cluster }, random) => {
    if (random() < 0.25) return cluster.crashOneBackend();
    await cluster.crash();
    await cluster.start();
  },
  underLoad: true,
  keepsUnawaited: true,
};

export const DATABASE_STOPPED: Fault = {
  strike: async ({ cluster }) => {
    await cluster.stop();
    await pause(OUTAGE_MS);
    await cluster.start();
  },
  underLoad: true,
  keepsUnawaited: true,
};

export const DATABASE_FROZEN: Fault = {
  strike: async ({ cluster }) => {
    await cluster.freeze();
    await pause(OUTAGE_MS);
    await cluster.thaw();
  },
  underLoad: true,
  keepsUnawaited: true,
};

export const BOTH_KILLED: Fault = {
  strike: async (scene) => {
    await Promise.all([scene.app.end('SIGKILL'), scene.cluster.crash()]);
    await scene.cluster.start();
    await scene.startApp();
  },
  underLoad: false,
  keepsUnawaited: false,
};

/** The application must end by itself, however much load comes meanwhile. */
export const APPLICATION_TERMINATED: Fault = {
  strike: async (scene) => {
    const exitCode = await scene.app.end('SIGTERM');
    // Nest's own shutdown hooks end the process by the signal itself.
    expect([exitCode, scene.app.child.signalCode]).toEqual(exitCode === null ? [null, 'SIGTERM'] : [0, null]);
    await scene.startApp();
  },
  underLoad: true,
  restMs: 0,
  keepsUnawaited: true,
};
