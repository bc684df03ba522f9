// @azure/identity plugged into a channel of ours: what it gains.
import { resolveIdentity } from '../../../dist/client/channel-identity.js';
import { open as openAzure } from './azure-identity.mjs';

const ignore = () => undefined;

export function open(input, tools) {
  const { credential } = openAzure(input, tools).seen;
  const { source } = resolveIdentity(
    { credential, scope: input.scope },
    {
      logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      metrics: { counter: ignore, histogram: ignore, gauge: ignore },
    },
  );
  return {
    get: () => source.get(),
    tokenOf: ({ token }) => token,
    seen: { credential, source },
  };
}
