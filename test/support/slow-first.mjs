import { statSync } from 'node:fs';
import TestSequencer from '@jest/test-sequencer';

const SequencerOfJest = TestSequencer.default ?? TestSequencer;

/** Slow specs start first, so that at the end no worker runs a slow spec alone. Within a folder, larger files start first. */
const FOLDERS = ['/test/long/faults/', '/test/e2e/', '/test/browser/', '/test/integration/', '/test/'];

/** Every run has the order of a fresh clone, which lacks the times of earlier runs. */
export default class SlowFirst extends SequencerOfJest {
  sort(tests) {
    const places = tests.map((test) => ({ test, folder: getRank(test.path), bytes: statSync(test.path).size }));
    places.sort((one, other) => one.folder - other.folder || other.bytes - one.bytes);
    return places.map(({ test }) => test);
  }
}

function getRank(path) {
  const rank = FOLDERS.findIndex((folder) => path.includes(folder));
  return rank < 0 ? FOLDERS.length : rank;
}
