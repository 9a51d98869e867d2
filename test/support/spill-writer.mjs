/*
 * Tests kill this process, in which ten callers append one event each at a time. Output: the acknowledged ids, and the code of the first
 * failed append.
 */
import { uuidv7 } from 'uuidv7';
import { SpillFolder } from '../../dist/src/audit/delivery/spill/spill-folder.js';
import { WriterKeys } from '../../dist/src/audit/writer-keys.js';

const [path, textLength] = process.argv.slice(2);
const folder = new SpillFolder(path, {
  maxBytes: 1e9,
  keys: new WriterKeys(['a key of the tests that has 32 characters or more']),
});

const append = async () => {
  for (;;) {
    const id = uuidv7();
    await folder.append('memory', [
      { id, schemaVersion: 1, type: 'order_created', text: 'x'.repeat(Number(textLength)) },
    ]);
    process.stdout.write(`${id}\n`);
  }
};

await Promise.all(Array.from({ length: 10 }, append)).catch((error) => {
  process.stdout.write(`${error.code}\n`, () => process.exit());
});
