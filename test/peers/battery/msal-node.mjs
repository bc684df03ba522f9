// msal-node as a contestant.
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfidentialClientApplication, LogLevel } from '@azure/msal-node';

/** It takes no file: who rotates one must build the application anew. */
function certificateOf(file) {
  const pem = readFileSync(file, 'utf8');
  const { raw } = new X509Certificate(pem);
  const thumbprintSha256 = createHash('sha256').update(raw).digest('hex');
  return { privateKey: pem.slice(pem.indexOf('-----BEGIN PRIVATE KEY')), thumbprintSha256 };
}

const proofs = {
  secret: ({ secret }) => ({ clientSecret: secret }),
  certificate: ({ certificateFile }) => ({ clientCertificate: certificateOf(certificateFile) }),
  assertion: (_input, assertion) => ({ clientAssertion: assertion }),
};

export function open(input, { assertion, say }) {
  const application = new ConfidentialClientApplication({
    auth: {
      authority: `${input.origin}/${input.tenantId}`,
      knownAuthorities: [new URL(input.origin).host],
      clientId: input.clientId,
      ...proofs[input.kind](input, assertion),
    },
    system: {
      loggerOptions: input.verbose
        ? {
            piiLoggingEnabled: true,
            logLevel: LogLevel.Trace,
            loggerCallback: (_level, text) => say(text),
          }
        : {},
    },
  });
  const request = { scopes: [input.scope] };
  return {
    get: () => application.acquireTokenByClientCredential(request),
    tokenOf: ({ accessToken }) => accessToken,
    seen: { application },
  };
}
