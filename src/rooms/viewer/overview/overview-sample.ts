/**
 * `near` estimates the number of blocks with events of a time range. `$1` and `$2` are the range's bounds in seconds. `read` counts the
 * blocks of all partitions that may contain events of the range. The estimate assumes that events are spread evenly from the start of a
 * month to its end, or to the present time.
 */
export const BLOCKS_WITHIN = `
  SELECT coalesce(sum(blocks * share), 0)::float8 AS near, coalesce(sum(blocks) FILTER (WHERE share > 0), 0)::float8 AS read
    FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid,
         LATERAL (SELECT pg_relation_size(part.oid) / current_setting('block_size')::int AS blocks,
                         to_date(substring(relname FROM '_(\\d{4}_\\d\\d)$'), 'YYYY_MM') AS month) AS size,
         LATERAL (SELECT extract(epoch FROM month) AS start, extract(epoch FROM month + interval '1 month') AS next) AS bounds,
         LATERAL (SELECT greatest(least(next, extract(epoch FROM now())), start + 1) AS until) AS end_of,
         LATERAL (SELECT CASE WHEN month IS NULL THEN 1
                         ELSE greatest(least(until, $2::numeric) - greatest(start, $1::numeric), 0) / (until - start) END AS share) AS within
   WHERE inhparent = 'audit_event'::regclass`;

export interface DrawnBlocks {
  /** The number of blocks in all partitions that contain events of the range. */
  readonly blocks: number;
  readonly drawn: number;
}

/** Seeds every sample, so that the same query reads the same blocks. */
export const SEED = 1;

/** The number of standard errors for 95 % confidence. */
const DEVIATIONS = 1.96;

/** The "rule of three": if none of n sampled blocks matches, at most a share of 3/n of all blocks match, with 95 % confidence. */
const UNSEEN = 3;

/**
 * Returns the margin of error of an estimate from a sample of blocks.
 *
 * @param count the number of events in the sampled blocks
 * @param squares the sum, over the sampled blocks, of the square of the block's count
 */
export function marginOf(count: number, squares: number, { blocks, drawn }: DrawnBlocks): number {
  // The number of sampled blocks varies, so the formula uses the squares of the counts, not their deviations from the mean.
  const deviations = DEVIATIONS * Math.sqrt(squares * (1 - drawn / blocks));
  const unseen = UNSEEN * Math.max(count / drawn, 1);
  return Math.ceil((Math.max(deviations, unseen) * blocks) / drawn);
}
