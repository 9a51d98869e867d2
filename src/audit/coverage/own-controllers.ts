const own = new WeakSet<object>();

/** Marks a controller of the library, so that the coverage ignores its routes. */
export const OwnController: ClassDecorator = (controller) => {
  own.add(controller);
};

export function isOwnController(controller: object): boolean {
  return own.has(controller);
}
