import { serveRanges } from '../monitoring/proof/verify/range-workers.js';

serveRanges();
