export { escapeName } from './own-fields.js';
export { joinPersonal, splitPersonal, type PersonalPart, type SplitEvent } from './personal-part.js';
export {
  commitPersonal,
  encodeEntry,
  makeSalt,
  SALT_BYTES,
  sealEvent,
  sealFacts,
  type SealedEvent,
} from './seal-event.js';
export { EntryTooLargeError, InvalidSaltError, PersonalPartError } from './sealing.errors.js';
export { takePersonal } from './take-personal.js';
export { personalJson, sealedJson, writeEvent, type TextRange } from './write-event.js';
