export { WatchModule } from './watch.module.js';
export type { WatchOptions } from './watch-options.js';
