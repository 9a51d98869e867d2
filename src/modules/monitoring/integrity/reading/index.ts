export { LogReader, type StoredCheckpoint } from './log-reader.service.js';
export { EntriesMissingError, TileMissingError } from './reading.errors.js';
