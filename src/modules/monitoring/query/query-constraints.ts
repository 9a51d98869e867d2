import { isIP } from 'node:net';
import { ValidatorConstraint, type ValidationArguments, type ValidatorConstraintInterface } from 'class-validator';
import { idOfCursor } from './cursor.js';

/** An IPv4 or IPv6 address, or a range in CIDR notation. */
@ValidatorConstraint({ name: 'isIpOrRange' })
export class IsIpOrRange implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    if (typeof value !== 'string' || value.includes('%')) return false;
    const [address = '', prefix, ...rest] = value.split('/');
    const version = isIP(address);
    if (version === 0 || rest.length > 0) return false;
    return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
  }

  defaultMessage({ property }: ValidationArguments): string {
    return `${property} must be an IP address or a range such as 10.0.0.0/8`;
  }
}

/** A cursor that this API gave. */
@ValidatorConstraint({ name: 'isCursor' })
export class IsCursor implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'string' && idOfCursor(value) !== undefined;
  }

  defaultMessage({ property }: ValidationArguments): string {
    return `${property} must be the nextCursor of the page before`;
  }
}
