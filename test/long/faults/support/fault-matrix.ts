import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../../support/eventually.js';
import type { FaultScene } from './fault-scene.js';
import type { SeenResponse } from './load.js';
import { between, FAULT_SEED, createRandom, type Random } from './random.js';

export interface Fault {
  /** Includes a supervisor's repair. Resolves when both processes are up again. */
  readonly strike: (scene: FaultScene, random: Random) => Promise<void>;
  /** Whether the clients continue during the fault, or only until it begins. */
  readonly underLoad: boolean;
  /** Default: long, since the test compares every event. */
  readonly restMs?: number;
  /** Whether events for which nobody waited must survive too. */
  readonly keepsUnawaited: boolean;
}

/** The gate has little time, so it asks for fewer. */
export const MOMENTS = Number(process.env.FAULT_MOMENTS ?? 20);

const FIRST_MS = 300;
const LAST_MS = 800;
const REST_MS = 50;

export interface MatrixResult {
  readonly responses: number;
}

export async function strikeAtRandomMoments(
  scene: FaultScene,
  scenario: string,
  moments: number,
  fault: Fault,
): Promise<MatrixResult> {
  const random = createRandom(scenario);
  let responses = 0;
  for (let moment = 1; moment <= moments; moment++) {
    const prefix = `${scenario}-${moment}of${moments}`;
    const seen = await strikeOnce(scene, `${prefix}-`, random, fault).catch((error: unknown) => {
      throw new Error(`${prefix}, FAULT_SEED=${FAULT_SEED}: ${String(error)}`, { cause: error });
    });
    responses += seen.length;
  }
  process.stdout.write(`${scenario}: ${moments} moments, ${responses} responses, FAULT_SEED=${FAULT_SEED}\n`);
  return { responses };
}

async function strikeOnce(
  scene: FaultScene,
  prefix: string,
  random: Random,
  fault: Fault,
): Promise<readonly SeenResponse[]> {
  let striking = false;
  let repaired: Promise<void> | undefined;
  const loaded = scene.loadDuring(
    prefix,
    async (sofar) => {
      await eventually(() => sofar.some(({ status }) => status < 300));
      await pause(between(random, FIRST_MS, LAST_MS)); // the random moment itself
      striking = true;
      repaired = fault.strike(scene, random);
      if (fault.underLoad) await repaired;
    },
    { pauseMs: () => (striking ? (fault.restMs ?? REST_MS) : 0) },
  );
  const seen = await loaded;
  await repaired;
  await scene.becomesSound();
  await scene.verify(prefix, seen, { withUnawaited: fault.keepsUnawaited });
  return seen;
}
