const own = new WeakSet<object>();

/** Marks a controller of the library: an application need not decide about the audit of its routes. */
export const OwnController: ClassDecorator = (controller) => {
  own.add(controller);
};

/** Whether a controller is the library's. */
export function isOwnController(controller: object): boolean {
  return own.has(controller);
}
