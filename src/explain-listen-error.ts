/** Says in words what keeps the HTTP server from listening. */
export function explainListenError(error: unknown, port: number, host: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new Error(`Cannot listen on port ${port}: another process does. Stop it, or set PORT to a free port.`, {
      cause: error,
    });
  }
  if (code === 'EACCES') {
    return new Error(`Cannot listen on port ${port}: this user may not. Set PORT to a port above 1023.`, {
      cause: error,
    });
  }
  if (code === 'EADDRNOTAVAIL') {
    return new Error(`Cannot listen on ${host}: it is not an address of this machine. Correct HOST.`, { cause: error });
  }
  return error;
}
