import { appendFile, copyFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { eventually, kept } from '../../support/index.js';
import { requestIds, TestApplication } from './support/test-application.js';

const IDS = requestIds('spilled', 50);
const UUID = /[0-9a-f]{8}-[0-9a-f-]{27}/;

/** An application that was killed with {@link IDS} in its spill. */
/** One that has yet to be started, with what that one left. */
let scene: TestApplication;

const killed = await kept(TestApplication.start());
await killed.shutDatabase();
expect(new Set(await killed.send('/changes', IDS))).toEqual(new Set([201]));
await killed.app.end('SIGKILL');
beforeEach(async () => {
  scene = await killed.copySpill();
});
afterEach(async () => {
  await scene.remove();
});

const spillFiles = async (): Promise<readonly string[]> =>
  (await readdir(scene.spillDir)).filter((name) => name.endsWith('.jsonl'));

/** The files that the application could not read. */
const filesAside = async (): Promise<readonly string[]> =>
  (await readdir(scene.spillDir)).filter((name) => name.endsWith('.corrupt'));

/** The path of one more file of the spill, named as the others are. */
async function anotherFile(): Promise<string> {
  const [first = ''] = await spillFiles();
  return join(scene.spillDir, first.replace(UUID, uuidv7()));
}

describe('an application that was killed with events in its spill', () => {
  it('stores them when it starts again', async () => {
    await scene.startAgain();
    await eventually(() => scene.isSound());

    expect(await scene.storedRequestIds()).toEqual(IDS);
    expect(await spillFiles()).toEqual([]);
  });

  it.each([
    ['a torn line at the end of each file', async () => {
      for (const name of await spillFiles()) await appendFile(join(scene.spillDir, name), '{"id":"0199');
    }, 1], // prettier-ignore
    ['a file of nothing but noise', async () => {
      await writeFile(await anotherFile(), Buffer.from([0x00, 0xff, 0x13, 0x0a, 0x80, 0x81, 0x0a]));
    }, 1], // prettier-ignore
    ['an empty file', async () => writeFile(await anotherFile(), ''), 0],
    ['a second copy of a file', async () => {
      const [first = ''] = await spillFiles();
      await copyFile(join(scene.spillDir, first), await anotherFile());
    }, 0], // prettier-ignore
  ] as const)(
    'starts and stores them also with %s there, and sets aside what cannot be read',
    async (_what, plant, asideAtLeast) => {
      await plant();
      await scene.startAgain();
      await eventually(async () => (await scene.storedRequestIds()).length >= IDS.length);

      expect(await scene.storedRequestIds()).toEqual(IDS);
      await eventually(async () => (await filesAside()).length >= asideAtLeast);
      if (asideAtLeast > 0)
        await eventually(() => /Cannot read \d+ line\(s\) of the spill .*\.corrupt/.test(scene.app.output()));
      expect((await scene.health()).database).toMatchObject({ failed: 0 });
    },
  );
});
