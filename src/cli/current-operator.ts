import { hostname, userInfo } from 'node:os';

/** Returns who runs the command, for its event: the user and the machine. A container's user may have no name. */
export function currentOperator(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
