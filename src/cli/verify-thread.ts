import { serveRanges } from '../modules/monitoring/verify/range-workers.js';

// The worker thread of verify. It runs until the main thread ends it.
serveRanges();
