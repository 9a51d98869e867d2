export { batchTiles } from './batch-tiles.js';
export { findTiles } from './find-tiles.js';
export { LogReader, type StoredCheckpoint } from './log-reader.service.js';
export { EntriesAlteredError, EntriesMissingError, TileMissingError } from './reading.errors.js';
