/** An event as it was recorded: whether it is sealed by now is a matter of a second. */
export function unsealed(event: object | undefined): object | undefined {
  return event && Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'index'));
}
