import { describe, expect, it } from '@jest/globals';
import { parsePostmasterFile } from './postmaster-file.js';

const LINES = ['3681', '/srv/data', '1795160371', '5999', '', '127.0.0.1', '  2146319         4', 'ready   ', ''];

describe("A server's file about itself", () => {
  it('tells the process, the port and that the server takes connections', () => {
    expect(parsePostmasterFile(LINES.join('\n'))).toEqual({ pid: 3681, port: 5999, status: 'ready' });
  });

  it.each([1, 3, 4, 7])('shows a server that starts while only %i lines are there', (count) => {
    const { pid, status } = parsePostmasterFile(LINES.slice(0, count).join('\n'));
    expect({ pid, status }).toEqual({ pid: 3681, status: 'starting' });
  });

  it('shows a server that stops', () => {
    expect(parsePostmasterFile(LINES.join('\n').replace('ready   ', 'stopping')).status).toBe('stopping');
  });

  it('shows no process when a crash left it empty', () => {
    expect(parsePostmasterFile('')).toMatchObject({ pid: 0, port: undefined });
  });
});
