import { serveRanges } from '../modules/monitoring/integrity/verify/index.js';

// A thread of verify: it runs until it is ended.
serveRanges();
