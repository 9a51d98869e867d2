import { V7Generator } from 'uuidv7';
import { clockMs } from './clock.js';

const generator = new V7Generator();

/** Makes a UUIDv7: greater than all earlier ones of this process, unless its clock was set back by more than ten seconds. */
export function mintEventId(): string {
  return generator.generateOrResetWithTs(clockMs()).toString();
}
