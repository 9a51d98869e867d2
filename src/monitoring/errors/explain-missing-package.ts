import { getErrorCode, getErrorMessage } from '../../base/errors/error-facts.js';
import { packageErrors } from './package.errors.js';

/** If the error means that a command lacks a package, returns an error that names the package. Returns any other error unchanged. */
export function explainMissingPackage(error: unknown, command: string): unknown {
  if (getErrorCode(error) !== 'ERR_MODULE_NOT_FOUND') return error;
  const name = /^Cannot find package '([^']+)'/.exec(getErrorMessage(error))?.[1];
  return name === undefined ? error : packageErrors.AUDIT_PACKAGE_MISSING.ofCommand(command, name, error);
}
