import { ValidateBy, type ValidationArguments } from 'class-validator';
import { MOST_VALUES } from './query-values.js';

/** A property that is right when `test` accepts it; else its message is "<property> must be <says>". */
export function Must(says: string, test: (value: unknown) => boolean): PropertyDecorator {
  const defaultMessage = ({ property = '' } = {}): string => `${property} must be ${says}`;
  return ValidateBy({ name: says, validator: { validate: test, defaultMessage } });
}

/** One value, or up to 20. */
export function MustEach(says: string, test: (value: unknown) => boolean): PropertyDecorator {
  return Must(`${says}, given at most ${MOST_VALUES} times`, (given) => {
    const values: unknown[] = Array.isArray(given) ? given : [given];
    return values.length > 0 && values.length <= MOST_VALUES && values.every(test);
  });
}

/** A property that `problemsOf` finds nothing wrong with; else its message is what that says. */
export function MustPass(problemsOf: (value: unknown) => readonly string[]): PropertyDecorator {
  return ValidateBy({
    name: 'filter',
    validator: {
      validate: (value: unknown) => problemsOf(value).length === 0,
      defaultMessage: (asked?: ValidationArguments) => problemsOf(asked?.value).join('; '),
    },
  });
}
