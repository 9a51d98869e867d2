import type { ProgressScreen } from './progress-line.js';

/** These show how many events they have done, or print events as they come. */
const SHOWS_PROGRESS: readonly string[] = ['verify', 'export', 'tail'];
const PATIENCE_MS = 2_000;
const TICK_MS = 1_000;

/**
 * Shows on a terminal that a command is still at work once it takes longer than two seconds, and for how long.
 *
 * @returns ends that, and leaves nothing behind on the terminal
 */
export function tellTime(
  command: string,
  screen: ProgressScreen,
  now: () => number = performance.now.bind(performance),
): () => void {
  if (screen.isTTY !== true || SHOWS_PROGRESS.includes(command)) return () => undefined;
  const begunAt = now();
  let isShown = false;
  const timer = setInterval(() => {
    const seconds = Math.floor((now() - begunAt) / 1_000);
    if (seconds * 1_000 < PATIENCE_MS) return;
    isShown = true;
    screen.write(`\r\u001b[K${command} is at work for ${seconds} s`);
  }, TICK_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (isShown) screen.write('\r\u001b[K');
  };
}
