import { ValidateBy } from 'class-validator';

/** Declares a property of a body that is right when `test` accepts it; else its message is "<property> must be <says>". */
export function Must(says: string, test: (value: unknown) => boolean): PropertyDecorator {
  const defaultMessage = ({ property = '' } = {}): string => `${property} must be ${says}`;
  return ValidateBy({ name: says, validator: { validate: test, defaultMessage } });
}
