import { ACTS } from './acts.js';
import { CHECKPOINTS_AND_KEYS } from './checkpoints-and-keys.js';
import { EVENTS } from './events.js';
import { FILES } from './files.js';
import { LEAVES_AND_TILES } from './leaves-and-tiles.js';
import { QUEUE_AND_PUBLICATIONS } from './queue-and-publications.js';
import { SCHEMA_AND_RIGHTS } from './schema-and-rights.js';
import type { Tampering } from './tampering.js';

export const TAMPERINGS: readonly Tampering[] = [
  ...EVENTS,
  ...LEAVES_AND_TILES,
  ...CHECKPOINTS_AND_KEYS,
  ...ACTS,
  ...SCHEMA_AND_RIGHTS,
  ...QUEUE_AND_PUBLICATIONS,
  ...FILES,
];
