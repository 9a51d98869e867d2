import { statSync } from 'node:fs';
import TestSequencer from '@jest/test-sequencer';

const SequencerOfJest = TestSequencer.default ?? TestSequencer;

/** Those that wait the longest, first: no worker is left alone with them at the end. Within a folder, larger files first. */
const FOLDERS = ['/test/long/faults/', '/test/e2e/', '/test/browser/', '/test/integration/', '/test/'];

/** The order of every run is that of a fresh clone, which lacks the times of an earlier run. */
export default class SlowFirst extends SequencerOfJest {
  sort(tests) {
    const places = tests.map((test) => ({ test, folder: rankOf(test.path), bytes: statSync(test.path).size }));
    places.sort((one, other) => one.folder - other.folder || other.bytes - one.bytes);
    return places.map(({ test }) => test);
  }
}

function rankOf(path) {
  const rank = FOLDERS.findIndex((folder) => path.includes(folder));
  return rank < 0 ? FOLDERS.length : rank;
}
