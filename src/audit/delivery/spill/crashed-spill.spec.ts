import { appendFile, cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { age, buildEvents, getIds, SPILL_KEYS } from '../../../../test/support/spilled.js';
import { SpillFolder, type ReplayVerdict } from './spill-folder.js';
import { tempFolder } from '../../../../test/support/temp-folder.js';

/*
 * Three applications use one folder, in any order and at once. Whatever they do, and whenever all of them crash: an event
 * whose append resolved was offered and taken, or buried, or still waits.
 */

const APPLICATIONS = 3;
const BACKENDS = ['memory', 'database'] as const;

type Step =
  | { readonly kind: 'append'; readonly by: number; readonly backend: string; readonly count: number }
  | { readonly kind: 'replay'; readonly by: number; readonly backend: string; readonly results: readonly Result[] }
  | { readonly kind: 'crash'; readonly torn: boolean }
  | { readonly kind: 'age' } // every file seems abandoned, even a file that is being written
  | { readonly kind: 'settle' };
type Result = 'take' | 'stop' | 'bury' | 'throw';

const by = fc.nat(APPLICATIONS - 1);
const backend = fc.constantFrom(...BACKENDS);
const results = fc.array(fc.constantFrom<Result>('take', 'stop', 'bury', 'throw'), { maxLength: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('append'), by, backend, count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('replay'), by, backend, results }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'age' } as const) },
  { weight: 2, arbitrary: fc.constant({ kind: 'settle' } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash'), torn: fc.boolean() }) },
);

it('no event whose append resolved is ever lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 30 }), async (steps) => {
      const scene = new Scene(await tempFolder('spill-'));
      await scene.begin();
      try {
        for (const each of steps) await scene.do(each);
        expect(await scene.lost()).toEqual([]);
      } finally {
        await scene.end();
      }
    }),
    { numRuns: 25 },
  );
});

class Scene {
  private readonly acknowledged = new Set<string>();
  private readonly taken = new Set<string>();
  private underway: Promise<unknown>[] = [];
  private crashes = 0;
  private folders: readonly SpillFolder[];

  constructor(private readonly parent: string) {
    this.folders = this.start();
  }

  async begin(): Promise<void> {
    await mkdir(this.path);
  }

  async do(step: Step): Promise<void> {
    const folder = 'by' in step ? this.folders[step.by] : undefined;
    if (step.kind === 'append' && folder) this.append(folder, step.backend, step.count);
    if (step.kind === 'replay' && folder) this.underway.push(this.replay(folder, step.backend, step.results));
    if (step.kind === 'age') await this.settle().then(() => age(this.path));
    if (step.kind === 'settle') await this.settle();
    if (step.kind === 'crash') await this.crash(step.torn);
  }

  async lost(): Promise<readonly string[]> {
    await this.settle();
    await this.crash(false);
    const last = new SpillFolder(this.path, { maxBytes: 1e9, keys: SPILL_KEYS });
    for (const each of BACKENDS) await last.replay(each, (events) => this.take(getIds(events)));
    for (const { event } of await last.deadLetters()) this.taken.add(event.id);
    return [...this.acknowledged].filter((id) => !this.taken.has(id));
  }

  async end(): Promise<void> {
    await this.settle();
    await Promise.all(this.folders.map((folder) => folder.close()));
    await rm(this.parent, { recursive: true });
  }

  private get path(): string {
    return join(this.parent, `disk-${this.crashes}`);
  }

  private start(): readonly SpillFolder[] {
    return Array.from({ length: APPLICATIONS }, () => new SpillFolder(this.path, { maxBytes: 1e9, keys: SPILL_KEYS }));
  }

  private append(folder: SpillFolder, to: string, count: number): void {
    const events = buildEvents(count);
    const done = folder.append(to, events).then(() => {
      for (const { id } of events) this.acknowledged.add(id);
    });
    this.underway.push(done);
  }

  private async replay(folder: SpillFolder, of: string, input: readonly Result[]): Promise<void> {
    const left = [...input];
    await folder.replay(of, async (events) => {
      const result = left.shift() ?? 'take';
      if (result === 'throw') throw new Error('the provider is broken');
      if (result === 'stop') return { done: false };
      if (result === 'bury') return { done: true, dead: events.map((event) => ({ event, error: 'refused' })) };
      return this.take(getIds(events));
    });
  }

  private take(ids: readonly string[]): Promise<ReplayVerdict> {
    for (const id of ids) this.taken.add(id);
    return Promise.resolve({ done: true, dead: [] });
  }

  private async settle(): Promise<void> {
    const { underway } = this;
    this.underway = [];
    await Promise.all(underway);
  }

  /** A folder in use cannot be copied, since applications rename files meanwhile. With `torn`, each file ends with an unfinished line. */
  private async crash(torn: boolean): Promise<void> {
    await this.settle();
    const [old, before] = [this.folders, this.path];
    this.crashes++;
    await cp(before, this.path, { recursive: true });
    if (torn) {
      for (const name of await readdir(this.path)) await appendFile(join(this.path, name), 'wgdYsYI2 {"id":"');
    }
    this.folders = this.start();
    await Promise.all(old.map((folder) => folder.close()));
  }
}
