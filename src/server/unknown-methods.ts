import type { Server as GrpcServer } from '@grpc/grpc-js';

/** What grpc-js keeps for a method. */
interface RegisteredHandler {
  readonly type: 'unary';
  readonly path: string;
  readonly func: (call: unknown, callback: (error: Error) => void) => void;
  readonly serialize: (value: unknown) => Buffer;
  readonly deserialize: (bytes: Buffer) => unknown;
}

/** The part of grpc-js's server that looks handlers up. Private there, so a contract test watches it. */
interface HandlerLookup {
  _retrieveHandler(path: string): unknown;
}

/** Longest path that is told to anybody; the peer chooses it. */
const MAX_PATH = 200;

function placeholder(path: string): RegisteredHandler {
  return {
    type: 'unary',
    path: path.slice(0, MAX_PATH),
    // Never called: the gate answers first. If it did not, this is no open door.
    func: (_call, callback) => callback(new Error('not implemented')),
    serialize: () => Buffer.alloc(0),
    deserialize: () => undefined,
  };
}

/**
 * Lets calls to methods that do not exist pass the gate like all others. grpc-js answers them before any interceptor
 * sees them, so that anybody could find out which methods there are, and no audit would show it.
 */
export function showUnknownMethodsToGate(server: GrpcServer): void {
  const lookup = server as unknown as HandlerLookup;
  const retrieve = lookup._retrieveHandler.bind(server);
  lookup._retrieveHandler = (path) => retrieve(path) ?? placeholder(path);
}
