// node --import ./test/peers/oldest-grpc-js.mjs: everything that imports @grpc/grpc-js gets the oldest version of our
// peer range instead.
import { register } from 'node:module';

const oldest = import.meta.resolve('grpc-js-oldest');
const hook = `
  export async function resolve(specifier, context, next) {
    return specifier === '@grpc/grpc-js'
      ? { url: ${JSON.stringify(oldest)}, format: 'commonjs', shortCircuit: true }
      : next(specifier, context);
  }`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
