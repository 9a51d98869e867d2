/** One or more environment variables have invalid values. */
export class InvalidEnvironmentError extends Error {
  readonly code = 'ENVIRONMENT_INVALID';
  override readonly name = 'InvalidEnvironmentError';

  constructor(readonly problems: readonly string[]) {
    super(`Cannot start: ${problems.join('; ')}. Correct these environment variables; .env.example explains each.`);
  }
}
