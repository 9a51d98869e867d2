export { followKeyChanges, keyChangeOf, KEY_CHANGE_TYPE, type FollowedKeys } from './key-change.js';
