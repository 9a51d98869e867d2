export { JetStreamModule } from './jetstream.module.js';
export type { JetStreamOptions } from './ingest-options.js';
