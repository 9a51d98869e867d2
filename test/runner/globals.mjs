const shared = globalThis[Symbol.for('native-jest')];

/** Modules load once, but each spec has its own Jest functions. So the proxy looks up the running spec's function at each call. */
const late = (name) =>
  new Proxy(function () {}, {
    apply: (_target, self, args) => shared.current[name].apply(self, args),
    get: (_target, key) => shared.current[name][key],
    set: (_target, key, value) => Reflect.set(shared.current[name], key, value),
  });

export const describe = late('describe');
export const it = late('it');
export const test = late('test');
export const expect = late('expect');
export const beforeAll = late('beforeAll');
export const beforeEach = late('beforeEach');
export const afterAll = late('afterAll');
export const afterEach = late('afterEach');
export const jest = late('jest');
