const { register, registerHooks } = require('node:module');
const { pathToFileURL, fileURLToPath } = require('node:url');
const { ModuleMocker } = require('jest-mock');
const { compiledFile } = require('./compiled-file.cjs');

const here = pathToFileURL(`${__dirname}/`);
/** What `@jest/globals` gives the spec that runs. */
const shared = (globalThis[Symbol.for('native-jest')] ??= { current: {}, isHooked: false });

/** Where the source map of a compiled file is, as Jest asks. */
const SOURCE_MAPS = {
  get: (source) => {
    if (!/\.tsx?$/.test(source)) return undefined;
    return `${compiledFile(source.startsWith('file:') ? fileURLToPath(source) : source)}.js.map`;
  },
  *[Symbol.iterator]() {},
};

async function hook() {
  if (shared.isHooked) return;
  shared.isHooked = true;
  if (registerHooks === undefined) register(new URL('hooks.mjs', here));
  else registerHooks(await import(new URL('hooks.mjs', here)));
}

/**
 * Lets Node itself import the specs: each module is loaded once a worker, not once a spec. So no module can be mocked, and what
 * a module keeps is seen by the specs after. Of the object `jest`, there is what the specs use.
 */
module.exports = class NativeRuntime {
  #mocker = new ModuleMocker(globalThis);

  requireInternalModule(path) {
    // Its state is that of one spec.
    delete require.cache[path];
    delete globalThis[Symbol.for('EVENT_HANDLERS')];
    return require(path);
  }

  setGlobalsForRuntime(globals) {
    shared.current = { ...globals, jest: this.#jest() };
  }

  #jest() {
    const mocker = this.#mocker;
    return {
      fn: mocker.fn.bind(mocker),
      spyOn: mocker.spyOn.bind(mocker),
      restoreAllMocks: () => mocker.restoreAllMocks(),
    };
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  async unstable_importModule(path) {
    await hook();
    return import(pathToFileURL(path));
  }

  requireModule(path) {
    return require(path);
  }

  getSourceMaps() {
    return SOURCE_MAPS;
  }

  enterTestCode() {}
  leaveTestCode() {}
  clearAllMocks() {}
  resetAllMocks() {}
  restoreAllMocks() {}

  getAllCoverageInfoCopy() {
    return undefined;
  }

  teardown() {
    this.#mocker.restoreAllMocks();
  }
};
