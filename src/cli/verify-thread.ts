import { serveRanges } from '../modules/monitoring/verify/range-workers.js';

// A thread of verify: it runs until it is ended.
serveRanges();
