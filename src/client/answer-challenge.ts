import { Buffer } from 'node:buffer';
import { InterceptingCall, type Interceptor, type StatusObject, status } from '@grpc/grpc-js';
import type { TokenSource } from '../acquire/token-source.ts';

/** Longer challenges are no challenges: trailers end at 16 KiB, and what is asked for is a line of JSON. */
const CHALLENGE =
  /^Bearer\b(?=.*\berror="insufficient_claims").*\bclaims="([A-Za-z0-9+/_-]{1,4096}={0,2})"/;

/** The claims that a refusal asks for, as JSON; `undefined` when it is no claims challenge. */
export function challengedClaims({ code, metadata }: StatusObject): string | undefined {
  if (code !== status.UNAUTHENTICATED) return undefined;
  for (const value of metadata.get('www-authenticate')) {
    const [, encoded] = CHALLENGE.exec(String(value)) ?? [];
    if (encoded === undefined) continue;
    // Both alphabets are met; Node reads either.
    const claims = Buffer.from(encoded, 'base64').toString('utf8');
    try {
      const parsed: unknown = JSON.parse(claims);
      if (typeof parsed === 'object' && parsed !== null) return claims;
    } catch {
      // Not for us.
    }
  }
  return undefined;
}

type Call = ReturnType<Parameters<Interceptor>[1]>;

/**
 * Answers a claims challenge: gets a token that says what the server asks for, and makes the call once more. Once: a second
 * refusal is the caller's. Calls with streams are not repeated, because what was sent is gone; their next attempt has the
 * new token.
 */
export function answerChallenge(source: TokenSource): Interceptor {
  return (options, nextCall) => {
    const { requestStream, responseStream } = options.method_definition;
    const repeatable = !requestStream && !responseStream;
    let request: unknown;
    let repeated: Call | undefined;
    let cancelled = false;
    return new InterceptingCall(nextCall(options), {
      start: (metadata, listener, next) => {
        const untouched = metadata.clone();
        const repeat = (): void => {
          repeated = nextCall(options);
          repeated.start(untouched, {
            onReceiveMetadata: (received) => listener.onReceiveMetadata(received),
            onReceiveMessage: (message) => listener.onReceiveMessage(message),
            onReceiveStatus: (ending) => listener.onReceiveStatus(ending),
          });
          repeated.sendMessage(request);
          repeated.halfClose();
          repeated.startRead();
        };
        next(metadata, {
          onReceiveStatus: (ending, report) => {
            const claims = challengedClaims(ending);
            if (claims === undefined) {
              report(ending);
              return;
            }
            // A failure changes nothing: the caller is told what the server said.
            source.renew(claims).then(
              () => (repeatable && !cancelled ? repeat() : report(ending)),
              () => report(ending),
            );
          },
        });
      },
      sendMessage: (message: unknown, next) => {
        if (repeatable) request = message;
        next(message);
      },
      cancel: (next) => {
        cancelled = true;
        repeated?.cancelWithStatus(status.CANCELLED, 'Cancelled on client');
        next();
      },
    });
  };
}
