import { serveRanges } from '../modules/monitoring/verify/range-workers.js';

// This is the worker thread of verify. The thread runs until the main thread ends it.
serveRanges();
