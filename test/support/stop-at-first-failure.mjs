import { TestEnvironment } from 'jest-environment-node';

/** Skips the tests of a file that come after one that failed: for the mutants, of which one failure is enough. */
export default class StopAtFirstFailure extends TestEnvironment {
  #hasFailed = false;

  handleTestEvent(event) {
    if (event.name === 'test_fn_failure') this.#hasFailed = true;
    if (event.name === 'test_start' && this.#hasFailed) event.test.mode = 'skip';
  }
}
