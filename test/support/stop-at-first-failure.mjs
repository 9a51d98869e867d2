import { TestEnvironment } from 'jest-environment-node';

/** One failing test is enough to detect a mutant. */
export default class StopAtFirstFailure extends TestEnvironment {
  #hasFailed = false;

  handleTestEvent(event) {
    if (event.name === 'test_fn_failure') this.#hasFailed = true;
    if (event.name === 'test_start' && this.#hasFailed) event.test.mode = 'skip';
  }
}
