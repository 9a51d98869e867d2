import { hostname, userInfo } from 'node:os';

/** Returns the user and the machine that run the command, for the command's event. In a container, the user may have no name. */
export function currentOperator(): string {
  return `${userName()}@${hostname()}`;
}

/** Returns the name of the user who runs the process, or the user's number if there is no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
