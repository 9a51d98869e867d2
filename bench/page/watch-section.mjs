import { summarize } from '../statistics.mjs';
import { formatSpread, makeTable } from './format.mjs';

/** What the rules of the watch cost over a day. */
export function watchSection({ events, rules, alerts, seconds, cpuSeconds, peakMiB }) {
  return [
    `The ${rules} shipped rules that raise alerts, over a day of ${events.toLocaleString('en-US')} events that is looked at in one go, as after a long stop: a quarter of them ` +
      `are log-ins, of which one in six fails. They raise ${alerts.toLocaleString('en-US')} alerts. The process does nothing else.`,
    makeTable(
      ['', ''],
      [
        ['seconds', formatSpread(summarize(seconds))],
        ['CPU of the process, s', formatSpread(summarize(cpuSeconds))],
        ['memory at most, MiB', formatSpread(summarize(peakMiB))],
      ],
    ),
  ].join('\n\n');
}
