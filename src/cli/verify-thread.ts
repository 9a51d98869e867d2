import { serveRanges } from '../modules/monitoring/verify/serve-ranges.js';

// A thread of verify: it runs until it is ended.
serveRanges();
