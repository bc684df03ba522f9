// @azure/identity as a contestant.
import {
  ClientAssertionCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
} from '@azure/identity';
import { AzureLogger, setLogLevel } from '@azure/logger';

const credentials = {
  secret: ({ tenantId, clientId, secret }, _assertion, options) =>
    new ClientSecretCredential(tenantId, clientId, secret, options),
  certificate: ({ tenantId, clientId, certificateFile }, _assertion, options) =>
    new ClientCertificateCredential(
      tenantId,
      clientId,
      { certificatePath: certificateFile },
      options,
    ),
  assertion: ({ tenantId, clientId }, assertion, options) =>
    new ClientAssertionCredential(tenantId, clientId, assertion, options),
};

export function open(input, { assertion, say }) {
  const options = { authorityHost: input.origin, disableInstanceDiscovery: true };
  if (input.verbose) {
    setLogLevel('verbose');
    AzureLogger.log = (...parts) => say(parts.join(' '));
    options.loggingOptions = {
      allowLoggingAccountIdentifiers: true,
      enableUnsafeSupportLogging: true,
    };
  }
  const credential = credentials[input.kind](input, assertion, options);
  return {
    get: () => credential.getToken(input.scope),
    tokenOf: ({ token }) => token,
    seen: { credential },
  };
}
