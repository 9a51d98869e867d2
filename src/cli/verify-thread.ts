import { serveRanges } from '../modules/monitoring/verify/range-workers.js';

serveRanges();
