import { NO_FINDINGS, fileCheck } from '../check.js';
import { checkPublished } from './check-published.js';

/** Only warns of larger checkpoints, because the log may have grown since the download, even by the events that record the download. */
export const checkCoverage = fileCheck(NO_FINDINGS, async (_files, run) => {
  const { size } = run.log;
  const { published } = await run.of(checkPublished);
  const larger = published.filter((head) => head.size > size).map((head) => head.size);
  if (larger.length === 0) return {};
  const warning = `The given checkpoint(s) of size ${larger.join(', ')} are not covered: the download ends at size ${size}. To compare them, download the log again up to a checkpoint of at least that size.`;
  return { warnings: [warning] };
});
