import { EmbeddedSettingInvalidError } from './embedded.error.js';

// On this machine only, over TCP only, so that every platform has the same server; UTC, so that no output of the
// server depends on the machine. Durability is PostgreSQL's default: on.
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  max_connections: '100',
};

/**
 * The server's command line. pg_ctl hands it to a shell, so only plain characters pass.
 *
 * @throws EmbeddedSettingInvalidError `EMBEDDED_SETTING_INVALID`
 */
export function writeServerArguments(port: number, wished: Readonly<Record<string, string>> = {}): string {
  const settings = Object.entries({ ...SETTINGS, ...wished }).map(([name, value]) => {
    if (!/^\w[\w.]*$/.test(name) || !/^[\w.,:/*+ -]*$/.test(value)) {
      throw EmbeddedSettingInvalidError.create(name, value);
    }
    return `-c "${name}=${value}"`;
  });
  return ['-p', String(port), ...settings].join(' ');
}
