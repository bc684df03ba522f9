// Ours as a contestant: what a channel does for each call, without the call.
import { defaultRetryPolicy } from '../../../dist/acquire/retry.js';
import { TokenSource } from '../../../dist/acquire/token-source.js';
import { resolveIdentity } from '../../../dist/client/channel-identity.js';
import { clientAssertion, clientCertificate, clientSecret } from '../../../dist/client/index.js';
import { systemClock } from '../../../dist/core/clock.js';

const credentials = {
  secret: ({ secret }, _assertion, options) => clientSecret({ ...options, secret }),
  certificate: ({ certificateFile: pemFile }, _assertion, options) =>
    clientCertificate({ ...options, pemFile }),
  assertion: (_input, assertion, options) => clientAssertion({ ...options, assertion }),
};

export function open(input, { assertion, say }) {
  const { tenantId, clientId, origin, caFile, scope, boundMs } = input;
  const log = (...parts) => say(JSON.stringify(parts));
  const sinks = {
    logger: { debug: log, info: log, warn: log, error: log },
    metrics: { counter: log, histogram: log, gauge: log },
  };
  const authority = { emulator: origin, caFile };
  const credential = credentials[input.kind](input, assertion, { tenantId, clientId, authority });
  const source =
    boundMs === undefined
      ? resolveIdentity({ credential, scope }, sinks).source
      : new TokenSource({
          ...{ credential, scope, boundMs, clock: systemClock, retry: defaultRetryPolicy },
          ...sinks,
        });
  return {
    get: () => source.get(),
    tokenOf: ({ token }) => token,
    seen: { credential, source },
  };
}
