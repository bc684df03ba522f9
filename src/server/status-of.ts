import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { handlerStatus } from './handler-error.ts';

/**
 * The status that {@link createServer} would answer an error with, for handlers in a host's server, which knows nothing of
 * {@link ServiceError}: its status, text and details (`grpc-status-details-bin` in `metadata`); INTERNAL with a fixed text
 * for anything else, and for what another service answered.
 *
 * grpc-js takes it as it is: `callback(statusOf(error))`, or `call.emit('error', statusOf(error))` in a method that answers
 * with a stream. NestJS: `throw new RpcException(statusOf(error))`. nice-grpc: `new ServerError(code, details)`.
 *
 * @param onHidden - Receives what the caller is not told, for the log. Default: nobody.
 */
export function statusOf(
  error: unknown,
  onHidden: (error: unknown) => void = () => {},
): StatusObject {
  return handlerStatus('', error, new Metadata(), (_method, hidden) => onHidden(hidden));
}
