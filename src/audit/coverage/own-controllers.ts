const ownControllers = new WeakSet<object>();

/** Marks a controller of the library, so that the coverage ignores its routes. */
export const OwnController: ClassDecorator = (controller) => {
  ownControllers.add(controller);
};

export function isOwnController(controller: object): boolean {
  return ownControllers.has(controller);
}
