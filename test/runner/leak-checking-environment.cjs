const { relative } = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');
const { TestEnvironment } = require('jest-environment-node');
const { note, watch } = require('./watchdog.cjs');

/** What a spec just closed takes a moment to go. */
const PATIENCE_MS = 10_000;
const POLL_MS = 10;
const EVENTS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit', 'beforeExit'];

/** What keeps a process alive, by kind: servers, sockets, timers, children. */
function handles() {
  const counts = new Map();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  counts.delete('FileHandleReadWrap'); // which Node keeps for the next file that HTTP/2 sends
  for (const event of EVENTS) counts.set(`listener of ${event}`, process.listenerCount(event));
  return counts;
}

function more(before) {
  return [...handles()]
    .map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)])
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`);
}

/** What test/support/hurry.ts sets for all specs. */
function restoredTiming() {
  const shared = globalThis[Symbol.for('shared-by-specs')] ?? [];
  return shared.flatMap(({ object, before }) => {
    const changed = Object.keys(before).filter((name) => object[name] !== before[name]);
    Object.assign(object, before);
    return changed.map((name) => `another ${name}`);
  });
}

/**
 * Fails a spec file that leaves a server, socket, timer, child, listener, variable, time limit or working directory to the next one, and ends
 * one that hangs.
 */
class LeakCheckingEnvironment extends TestEnvironment {
  #path;
  #before;
  #variables;
  #folder;
  #failures = [];

  constructor(config, context) {
    super(config, context);
    this.#path = relative(config.globalConfig.rootDir, context.testPath);
  }

  async setup() {
    await super.setup();
    watch(this.#path);
    void [process.stdin, process.stdout, process.stderr]; // made when somebody first wants them
    [this.#before, this.#variables, this.#folder] = [handles(), { ...process.env }, process.cwd()];
  }

  handleTestEvent({ name, test, hook, error }) {
    if (error !== undefined) this.#failures.push(error.stack ?? String(error));
    if (name === 'hook_start') note(`a hook (${hook.type})`);
    if (name === 'test_fn_start') note(`the test "${test.name}"`);
    if (name === 'run_finish') note('its end');
  }

  async teardown() {
    const left = [...this.#giveBack(), ...(await this.#goneOrLeft())];
    await super.teardown();
    watch(undefined);
    if (left.length > 0)
      throw new Error(
        // Jest reports this error instead of the failures that may have caused it.
        [`${this.#path} leaves behind: ${left.join(', ')}. Close or restore it in afterAll.`, ...this.#failures].join(
          '\n\n',
        ),
      );
  }

  async #goneOrLeft() {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const left = more(this.#before);
      if (left.length === 0 || performance.now() > giveUpAt) return left;
      await pause(POLL_MS, undefined, { ref: false });
    }
  }

  /** Restores the timing, the variables and the working directory. Returns what was changed. */
  #giveBack() {
    const names = new Set([...Object.keys(this.#variables), ...Object.keys(process.env)]);
    const changed = [...names].filter((name) => process.env[name] !== this.#variables[name]);
    for (const name of changed) {
      if (this.#variables[name] === undefined) delete process.env[name];
      else process.env[name] = this.#variables[name];
    }
    const isElsewhere = process.cwd() !== this.#folder;
    if (isElsewhere) process.chdir(this.#folder);
    return [
      ...restoredTiming(),
      ...changed.map((name) => `process.env.${name}`),
      ...(isElsewhere ? ['another working directory'] : []),
    ];
  }
}

module.exports = LeakCheckingEnvironment;
