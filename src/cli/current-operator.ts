import { hostname, userInfo } from 'node:os';

/** Returns the user and the machine that run the command, for its event. A container's user may lack a name. */
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
