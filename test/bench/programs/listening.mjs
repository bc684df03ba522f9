// One listener of the comparison, with the same policy and certificate, as a process of its own.
import { createRequire } from 'node:module';
import { createTlsListener } from '#src/tls/listener.ts';
import { loadServerTls } from '#src/tls/server-tls.ts';
import { contestant } from '../contest.mjs';

const { Server, ServerCredentials } = createRequire(import.meta.url)('@grpc/grpc-js');

const bytes = { requestSerialize: (b) => b, requestDeserialize: (b) => b };
const raw = { ...bytes, responseSerialize: (b) => b, responseDeserialize: (b) => b };
const definition = {
  echo: { path: '/bench.Bytes/Echo', requestStream: false, responseStream: false, ...raw },
  pour: { path: '/bench.Bytes/Pour', requestStream: false, responseStream: true, ...raw },
};
const CHUNK = Buffer.alloc(64 * 1024);

/** Sends as many chunks as the request has bytes, and waits where the peer is slow. */
function pour(call) {
  let left = call.request.length;
  const write = () => {
    while (left > 0) {
      left--;
      if (!call.write(CHUNK)) {
        call.once('drain', write);
        return;
      }
    }
    call.end();
  };
  write();
}

function serverOfBytes() {
  const server = new Server({ 'grpc.max_concurrent_streams': 100, 'grpc.enable_channelz': 0 });
  server.addService(definition, {
    echo: (call, callback) => callback(null, call.request),
    pour,
  });
  return server;
}

const load = ({ certFile, keyFile }) =>
  loadServerTls('tls', { certFile, keyFile, clientCertificates: 'none' });

class SamePolicy extends ServerCredentials {
  _equals(other) {
    return this === other;
  }
}

/** grpc-js's own listener. */
function builtIn(settings) {
  const server = serverOfBytes();
  const credentials = new SamePolicy({}, load(settings).context);
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

/** Ours, which hands connections to grpc-js. */
async function own(settings) {
  const server = serverOfBytes();
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createTlsListener({
    tls: load(settings),
    accept: (socket) => injector.injectConnection(socket),
    onHandshakeFailure: () => {},
  });
  return (await listener.listen({ host: '127.0.0.1', port: 0 })).port;
}

contestant({ builtIn, own });
