import { serveRanges } from '../../monitoring/proof/verify/sources/range-workers.js';

serveRanges();
